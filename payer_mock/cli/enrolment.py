"""`payer-mock enrol`: members told to the fund one by one."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from payer_mock.cli.common import AsJson, Surroundings, echo_json, load_settings, not_set_up, usage
from payer_mock.desk.enrolment import enrol_members
from payer_mock.desk.funds import open_funds
from payer_mock.desk.report import Report
from payer_mock.members.table import HeaderError, Row, open_table, read_table
from payer_mock.screens import enrolment as screen
from payer_mock.settings import SettingsError


def add_to(app: typer.Typer) -> None:
    """Add these commands to the application."""
    app.command()(enrol)


def enrol(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE.csv", exists=True, dir_okay=False, readable=True)],
    *,
    as_json: AsJson = False,
) -> None:
    """資格登録 / Enrol the members in a file (CSV, UTF-8), and end memberships that have a lost_on.

    Exit code 0: every row went through. 1: some rows were refused. 2: wrong usage, settings or header.
    3: stopped by a technical failure of the fund.
    """
    with open_table(file) as lines:
        try:
            report = _enrol(read_table(lines), context.ensure_object(Surroundings))
        except HeaderError as error:
            raise usage(f"加入者ファイルの見出し行に誤りがあります / Not a members file: {error}") from error
    if as_json:
        echo_json(report.as_json())
    else:
        screen.show(Console(), report)
    raise typer.Exit(report.exit_code)


def _enrol(rows: Iterable[Row], around: Surroundings) -> Report:
    settings = load_settings()
    try:
        credentials = settings.load_credentials()
    except SettingsError as error:
        raise not_set_up(error) from error
    with open_funds(str(settings.fund_url), credentials, around.make_transport) as fund_of:
        return enrol_members(rows, fund_of)
