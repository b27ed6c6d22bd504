"""`clinic-terminal serve`: one process for everything that runs all day at a reception."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import typer

from clinic_terminal.bilingual import command_help, option_help
from clinic_terminal.card.errors import CardError
from clinic_terminal.cli.card_options import CardOptions, Operator, PinStdin, ReaderName
from clinic_terminal.cli.common import Dependencies, open_terminal, print_json, require
from clinic_terminal.cli.exchange import Root
from clinic_terminal.cli.pages import PagesPort, ShelfFolder, start_pages
from clinic_terminal.cli.services import Services, open_services
from clinic_terminal.cli.web_face_options import (
    ClientAuthority,
    HttpPort,
    TlsCertificate,
    TlsKey,
    WebFaceOptions,
)
from clinic_terminal.console import exit_code_help, report
from clinic_terminal.visit.tap import TapRequest

READER_POLL_SECONDS = 0.5
"""Pause between two questions whether a card was inserted or removed."""

_HELP = command_help(
    """受付の業務に必要な機能を一つのプロセスで動かします。連携フォルダーへの回答、--pages を付けた場合は受付の画面、
--taps を付けた場合はカードを置くたびの資格確認（結果は1行の JSON）を行います。終了するには Ctrl-C を押してください。""",
    """Runs what a reception needs all day in one process: the answers to the exchange folder; with --pages the
screens of the reception; with --taps a check of the insurance whenever a card is inserted (one line of JSON
each). Ctrl-C ends it.""",
    exit_code_help.SERVICE_EXIT_CODES,
)


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("serve", help=_HELP, short_help="常駐プロセス / Run everything in one process")(serve_command)


def serve_command(
    context: typer.Context,
    *,
    root: Root = None,
    http: HttpPort = None,
    tls_cert: TlsCertificate = None,
    tls_key: TlsKey = None,
    client_ca: ClientAuthority = None,
    pages: PagesPort = None,
    shelf: ShelfFolder = None,
    taps: Annotated[
        bool,
        typer.Option(
            "--taps",
            help=option_help(
                "カードを置くたびに資格を確認する。", "Check the insurance whenever a card is inserted."
            ),
        ),
    ] = False,
    reader: ReaderName = None,
    pin_stdin: PinStdin = False,
    operator: Operator = None,
) -> None:
    """Run the services until a signal ends the process."""
    require(
        not taps or pin_stdin != (operator is not None),
        "--taps には --pin-stdin（暗証番号）か --operator（目視確認の職員の氏名）のどちらかが必要です。",
        "--taps needs either --pin-stdin, or --operator for visual checks",
    )
    web = WebFaceOptions(http, tls_cert, tls_key, client_ca)
    web.check()
    require(
        pages is None or not taps,
        "--pages と --taps は同時に指定できません。読み取りは画面 /reader で行います。",
        "--pages excludes --taps: cards are read at the page /reader",
    )
    require(
        shelf is None or (pages is not None and reader is None),
        "--shelf は --pages と一緒に、--reader なしで指定してください。",
        "--shelf goes with --pages, and excludes --reader",
    )
    dependencies = context.ensure_object(Dependencies)
    with open_services(dependencies) as services:
        path = root or services.settings.exchange_root
        require(
            path is not None or http is not None or taps or pages is not None,
            "--root、TERMINAL_EXCHANGE_ROOT、--http、--pages、--taps のいずれかを指定してください。",
            "give --root, TERMINAL_EXCHANGE_ROOT, --http, --pages or --taps",
        )
        web.start(services)
        if path is not None:
            services.start_folders(path)
            services.settings = services.settings.model_copy(update={"exchange_root": path})
        if pages is not None:
            start_pages(services, pages, reader, shelf)
        if taps:
            options = CardOptions(
                reader, None, pin_stdin, False, False, operator is not None, operator, READER_POLL_SECONDS
            )
            tap_on_insertion(services, options)
        else:
            services.wait()


def tap_on_insertion(services: Services, options: CardOptions) -> None:
    """One tap for each card that is inserted; the next one after it was removed. Does not return."""
    dependencies = services.dependencies
    while True:
        services.maintain()
        if _has_card(dependencies, options.reader):
            terminal = replace(open_terminal(dependencies), settings=services.settings)
            with terminal.fund:
                outcome = options.tap(dependencies, terminal, TapRequest(operator=options.operator))
            print_json(report.as_json(outcome, with_timings=False))
            while _has_card(dependencies, options.reader):
                services.maintain()
                dependencies.sleep(READER_POLL_SECONDS)
        dependencies.sleep(READER_POLL_SECONDS)


def _has_card(dependencies: Dependencies, reader: str | None) -> bool:
    """Whether a card is in the reader, or in any if none is named; False while there is no reader."""
    try:
        readers = dependencies.list_readers()
    except CardError:
        return False
    return any(found.has_card for found in readers if reader in (None, found.name))
