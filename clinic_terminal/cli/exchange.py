"""`clinic-terminal exchange`: answers the requests of the clinic's own software."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from clinic_terminal.bilingual import command_help, option_help
from clinic_terminal.cli.common import Dependencies, require
from clinic_terminal.cli.services import open_services
from clinic_terminal.cli.web_face_options import (
    ClientAuthority,
    HttpPort,
    TlsCertificate,
    TlsKey,
    WebFaceOptions,
)
from clinic_terminal.console import exit_code_help

_HELP = command_help(
    """レセコンの要求ファイルに回答します。フォルダーの下に req（要求）、res（結果）、face（資格確認結果）を作り、
req を監視します。--http を付けると、同じ要求に Web API（JSON）でも回答します。終了するには Ctrl-C を押してください。""",
    """Answers the request files of the clinic's software. Makes req (requests), res (results) and face (taps)
in the folder, and watches req. With --http the same requests are answered as JSON over HTTP. Ctrl-C ends it.""",
    exit_code_help.SERVICE_EXIT_CODES,
)

Root = Annotated[
    Path | None,
    typer.Option(
        "--root",
        metavar="DIR",
        help=option_help(
            "連携フォルダー（省略時：TERMINAL_EXCHANGE_ROOT）。",
            "Exchange folder; default: TERMINAL_EXCHANGE_ROOT.",
        ),
    ),
]


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("exchange", help=_HELP, short_help="レセコンとの連携 / Answer the clinic's software")(
        exchange_command
    )


def exchange_command(
    context: typer.Context,
    *,
    root: Root = None,
    http: HttpPort = None,
    tls_cert: TlsCertificate = None,
    tls_key: TlsKey = None,
    client_ca: ClientAuthority = None,
) -> None:
    """Answer requests until a signal ends the process."""
    web = WebFaceOptions(http, tls_cert, tls_key, client_ca)
    web.check()
    with open_services(context.ensure_object(Dependencies)) as services:
        path = root or services.settings.exchange_root
        require(
            path is not None or http is not None,
            "連携フォルダー（--root または TERMINAL_EXCHANGE_ROOT）か --http を指定してください。",
            "give the exchange folder by --root or TERMINAL_EXCHANGE_ROOT, or --http",
        )
        web.start(services)
        if path is not None:
            services.start_folders(path)
        services.wait()
