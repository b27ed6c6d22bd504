"""What the commands share: what they reach outside, the terminal made ready, and how they end."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

import httpx2
import typer

from clinic_terminal.card.file_card import open_card_file
from clinic_terminal.card.pcsc import Reader, list_readers, open_reader_card
from clinic_terminal.card.port import CardConnection
from clinic_terminal.clock import now
from clinic_terminal.console import report
from clinic_terminal.console.printable import json_text, shift_jis_json
from clinic_terminal.desk.table import TableError, read_table
from clinic_terminal.settings import SettingsError, TerminalSettings
from clinic_terminal.timings import MeteredTransport, Stopwatch
from eligibility_api.contract.client import FundClient
from eligibility_api.contract.transport import open_transport

EXIT_CODES = """\b
Exit codes:
  0   valid                      20  card or reader problem
  12  not valid                  30  refused by the fund
  13  not valid, a newer exists  31  first registration needed
  14  nothing found              40  could not be checked
  15  several found              1   given up, by Ctrl-C or at a question
  16  valid, not registered      2   wrong usage or settings
  130                            Ctrl-C before or after the question
  129, 143                       ended by SIGHUP, by SIGTERM
"""
"""Of the commands that ask about one person."""


def _instant(text: str) -> datetime:
    """An instant with its offset, ISO 8601. Raises typer.BadParameter."""
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        instant = None
    if instant is None or instant.tzinfo is None:
        raise typer.BadParameter("an instant with its offset, such as 2026-04-01T09:00:00+09:00")
    return instant


AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
AsOf = Annotated[
    date | None, typer.Option(parser=date.fromisoformat, metavar="DAY", help="Day asked for; else today.")
]
KnownAt = Annotated[
    datetime | None,
    typer.Option(
        "--known-at", parser=_instant, metavar="INSTANT", help="As the fund knew it then; else now."
    ),
]
ShiftJis = Annotated[
    bool, typer.Option("--shift-jis", help="JSON in Shift_JIS (CP932), ● for what that does not have.")
]
ShowTimings = Annotated[bool, typer.Option("--timings", help="Show where the time went.")]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the commands reach outside; a test brings its own as typer's context object."""

    list_readers: Callable[[], list[Reader]] = list_readers
    open_reader_card: Callable[[str | None, float], CardConnection] = open_reader_card
    open_card_file: Callable[[Path], CardConnection] = open_card_file
    make_transport: Callable[[str], httpx2.BaseTransport] = open_transport
    clock: Callable[[], datetime] = now
    sleep: Callable[[float], None] = time.sleep


@dataclass(frozen=True, slots=True)
class Terminal:
    """The terminal made ready, and a watch that runs from then on: the program's own start is no part of a tap."""

    settings: TerminalSettings
    fund: FundClient
    watch: Stopwatch


def require(held: bool, rule: str) -> None:
    """Raise typer.BadParameter with `rule` unless it held."""
    if not held:
        raise typer.BadParameter(rule)


def require_person_or(program_option: str, *, given: bool, what: str) -> None:
    """Somebody is there to be asked for `what`, or a program gives it. Raises typer.BadParameter."""
    require(given or sys.stdin.isatty(), f"no terminal to ask for {what} at: use {program_option}")


def open_terminal(around: Surroundings) -> Terminal:
    """Read the settings and open the line. Ends the command where the terminal is not set up."""
    try:
        settings = TerminalSettings.load()
        credential = settings.load_credential()
    except SettingsError as error:
        typer.echo(f"端末の設定に誤りがあります / The terminal is not set up: {error}", err=True)
        raise typer.Exit(report.USAGE) from error
    url = str(settings.fund_url)
    transport = around.make_transport(url)
    watch = Stopwatch()
    fund = FundClient(url, credential, clock=around.clock, transport=MeteredTransport(transport, watch))
    return Terminal(settings, fund, watch)


def open_table(file: Path, key: str, most: int) -> list[dict[str, str]]:
    """The rows of a table that is given as an argument. Raises typer.BadParameter."""
    try:
        return read_table(file, key, most)
    except TableError as error:
        raise typer.BadParameter(str(error)) from error
    except OSError as error:
        raise typer.BadParameter(error.strerror or "the file cannot be read") from error


def print_json(value: dict[str, Any], *, shift_jis: bool = False) -> None:
    """One line of JSON on standard output, in UTF-8 or marked in Shift_JIS."""
    typer.echo(shift_jis_json(value) if shift_jis else json_text(value))
