"""The screens among the services, and `clinic-terminal add-operator`, which lets somebody log in at them."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from clinic_terminal.bilingual import command_help, option_help
from clinic_terminal.cli import tap_files
from clinic_terminal.cli.common import usage_error
from clinic_terminal.cli.services import Services, announce, show_settings_error
from clinic_terminal.console import exit_code_help, outcomes
from clinic_terminal.exchange.operator import DeskRole
from clinic_terminal.settings import SettingsError, TerminalSettings
from clinic_terminal.visit.tap import TapOutcome, TapRequest
from screens.operators import Operators, OperatorsError

PagesPort = Annotated[
    int | None,
    typer.Option(
        "--pages",
        metavar="PORT",
        min=0,
        max=65_535,
        help=option_help(
            "受付の画面をこのポートで提供する（127.0.0.1 のみ。0：空いているポート）。",
            "Serve the reception's screens at this port of 127.0.0.1; 0: any free port.",
        ),
    ),
]

ShelfFolder = Annotated[
    Path | None,
    typer.Option(
        "--shelf",
        metavar="DIR",
        file_okay=False,
        exists=True,
        help=option_help(
            "試験用：カードリーダーの代わりに、このフォルダーのカードファイル（P*.json）を試験環境の画面から置く。",
            "For tests: card files (P*.json) of this folder, placed by the sandbox's console, in place of a card reader.",
        ),
    ),
]

_HELP = command_help(
    """受付の画面にログインする担当者を追加します。同じ氏名の担当者は置き換えます。""",
    """Adds an operator who may log in at the screens, or replaces the one of that name.""",
    exit_code_help.OPERATOR_EXIT_CODES,
)


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("add-operator", help=_HELP, short_help="画面の担当者の追加 / Add an operator")(add_operator)


def add_operator(
    name: Annotated[
        str, typer.Argument(help=option_help("担当者の氏名。", "Name of the operator."), show_default=False)
    ],
    *,
    role: Annotated[
        DeskRole,
        typer.Option(
            metavar="ROLE",
            help=option_help(
                "役割（reception：受付、pharmacist：薬剤師、doctor：医師、dentist：歯科医師、administrator：管理者）。",
                f"What the operator is at this facility: {', '.join(DeskRole)}.",
            ),
        ),
    ] = DeskRole.RECEPTION,
    password_stdin: Annotated[
        bool,
        typer.Option(
            "--password-stdin",
            help=option_help("パスワードを標準入力から受け取る。", "Password from standard input."),
        ),
    ] = False,
) -> None:
    """Add an operator to the file in the terminal's folder."""
    from clinic_terminal.pages.session import new_operator
    from clinic_terminal.pages.site import OPERATORS_FILE

    try:
        settings = TerminalSettings.load()
    except SettingsError as error:
        show_settings_error(error)
        raise typer.Exit(outcomes.USAGE.exit_code) from error
    if password_stdin:
        password = sys.stdin.readline().rstrip("\n")
    else:
        password = typer.prompt("パスワード / password", hide_input=True, confirmation_prompt=True)
    try:
        operator = new_operator(name, role, password)
        Operators(settings.home / OPERATORS_FILE).add(operator)
    except OperatorsError as error:
        raise usage_error("担当者を追加できません。", f"the operator cannot be added: {error}") from error
    typer.echo(f"担当者を追加しました / added: {operator.name}")


def start_pages(services: Services, port: int, reader: str | None, shelf_folder: Path | None = None) -> None:
    """Serve the screens among the services. `shelf_folder`: of test cards. Raises SettingsError."""
    from clinic_terminal.pages.app import pages
    from clinic_terminal.pages.reader.shelf import Shelf
    from clinic_terminal.pages.site import Pages
    from clinic_terminal.pages.terminal import Funds, PagesTerminal

    dependencies, settings = services.dependencies, services.settings
    code = services.credential.institution_code or ""  # a terminal's credential has one

    def keep_tap(outcome: TapOutcome, at: datetime, request: TapRequest) -> None:
        tap_files.keep_in(services.store, settings, outcome, institution_code=code, at=at, request=request)

    shelf = Shelf(shelf_folder) if shelf_folder is not None else None
    terminal = PagesTerminal(
        settings,
        services.store,
        Funds(services.open_fund),
        dependencies.clock,
        shelf.list_readers if shelf is not None else dependencies.list_readers,
        shelf.open_card if shelf is not None else dependencies.open_reader_card,
        keep_tap,
        reader,
        settings.exchange_root,
    )
    try:
        url = services.stack.enter_context(pages(Pages(terminal, shelf=shelf), port))
    except OSError as error:
        raise SettingsError(f"--pages {port}: {error.strerror or error}") from error
    announce(
        f"画面を開始しました。受付：{url}/desk　カードリーダー（患者さん）：{url}/reader",
        f"The screens are served at {url}: /desk for the reception, /reader for patients",
    )
