"""`payer-mock`: an insurer's program at a command line. Wiring only: `desk` does the work."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import httpx2
import typer
from rich.console import Console

from payer_mock import screen
from payer_mock.desk.enrolment import enrol_members
from payer_mock.desk.funds import open_funds
from payer_mock.desk.report import USAGE, Report
from payer_mock.members.table import HeaderError, Row, open_table, read_table
from payer_mock.settings import PayerSettings, SettingsError

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="保険者 / Insurers: keep the fund's enrolment true.",
)


@app.callback()
def _commands() -> None:
    """Keeps `enrol` a word to type while it is the only command."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the commands reach outside; a test brings its own as typer's context object."""

    make_transport: Callable[[], httpx2.BaseTransport] = httpx2.HTTPTransport


def main() -> None:
    """Entry point of the `payer-mock` script."""
    app()


@app.command("enrol")
def enrol_command(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE.csv", exists=True, dir_okay=False, readable=True)],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """資格登録 / Enrol the members in a file (CSV, UTF-8), and end memberships that have a lost_on.

    Exit code 0: every row went through. 1: some rows were refused. 2: wrong usage, settings or header.
    3: stopped by a technical failure of the fund.
    """
    with open_table(file) as lines:
        try:
            report = _enrol(read_table(lines), context.ensure_object(Surroundings))
        except HeaderError as error:
            raise _usage(f"加入者ファイルの見出し行に誤りがあります / Not a members file: {error}") from error
    if as_json:
        typer.echo(json.dumps(report.as_json(), ensure_ascii=False))
    else:
        screen.show(Console(), report)
    raise typer.Exit(report.exit_code)


def _enrol(rows: Iterable[Row], around: Surroundings) -> Report:
    try:
        settings = PayerSettings.load()
        credentials = settings.load_credentials()
    except SettingsError as error:
        raise _usage(f"設定に誤りがあります / The program is not set up: {error}") from error
    with open_funds(str(settings.fund_url), credentials, around.make_transport) as fund_of:
        return enrol_members(rows, fund_of)


def _usage(sentence: str) -> typer.Exit:
    typer.echo(sentence, err=True)
    return typer.Exit(USAGE)
