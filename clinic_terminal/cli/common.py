"""Shared by the commands: dependencies, the configured terminal, usage errors, printing of replies."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx2
import typer
from rich.console import Console

from clinic_terminal.bilingual import Bilingual
from clinic_terminal.card.channel import CardConnection
from clinic_terminal.card.file_card import open_card_file
from clinic_terminal.card.pcsc import Reader, list_readers, open_reader_card
from clinic_terminal.clock import now
from clinic_terminal.console import history_report, outcomes, screen
from clinic_terminal.console.printable import json_text, shift_jis_json
from clinic_terminal.outcome import Answer, Reply
from clinic_terminal.queries.csv_table import TableError, read_table
from clinic_terminal.settings import SettingsError, TerminalSettings
from clinic_terminal.timings import MeteredTransport, Stopwatch
from eligibility_api.contract.client import FundClient
from eligibility_api.contract.transport import ClientTls, open_transport


@dataclass(frozen=True, slots=True)
class Dependencies:
    """What the commands use outside of this process; a test passes its own as typer's context object."""

    list_readers: Callable[[], list[Reader]] = list_readers
    open_reader_card: Callable[[str | None, float], CardConnection] = open_reader_card
    open_card_file: Callable[[Path], CardConnection] = open_card_file
    make_transport: Callable[[str, ClientTls], httpx2.BaseTransport] = open_transport
    clock: Callable[[], datetime] = now
    sleep: Callable[[float], None] = time.sleep


@dataclass(frozen=True, slots=True)
class Terminal:
    """The configured terminal, and a stopwatch.

    The stopwatch starts here: the program's start is no part of a tap.
    """

    settings: TerminalSettings
    fund: FundClient
    watch: Stopwatch


def usage_error(ja: str, en: str) -> typer.BadParameter:
    """A wrong command line, explained in both languages. Exit code 2."""
    return typer.BadParameter(Bilingual(ja, en).lines)


def require(condition: bool, ja: str, en: str) -> None:
    """Raise typer.BadParameter with this rule unless the condition holds."""
    if not condition:
        raise usage_error(ja, en)


def require_tty_or(option: str, *, given: bool, what: Bilingual) -> None:
    """A person can be asked for `what`, or a program gives it by `option`. Raises typer.BadParameter."""
    require(
        given or sys.stdin.isatty(),
        f"{what.ja}を入力する画面がありません。{option} を使ってください。",
        f"no terminal to ask for {what.en} at: use {option}",
    )


def open_terminal(dependencies: Dependencies) -> Terminal:
    """Read the settings and open the transport.

    Ends the command with exit code 2 where the settings are wrong.
    """
    try:
        settings = TerminalSettings.load()
        credential = settings.load_credential()
    except SettingsError as error:
        typer.echo(f"端末の設定に誤りがあります。\nThe terminal is not configured: {error}", err=True)
        raise typer.Exit(outcomes.USAGE.exit_code) from error
    url = str(settings.fund_url)
    transport = dependencies.make_transport(url, settings.tls)
    watch = Stopwatch()
    fund = FundClient(url, credential, clock=dependencies.clock, transport=MeteredTransport(transport, watch))
    return Terminal(settings, fund, watch)


def open_table(file: Path, key: str, max_rows: int) -> list[dict[str, str]]:
    """The rows of a table given as an argument. Raises typer.BadParameter."""
    try:
        return read_table(file, key, max_rows)
    except TableError as error:
        raise typer.BadParameter(str(error)) from error
    except OSError as error:
        reason = error.strerror or "cannot be read"
        raise usage_error("ファイルを読み取れません。", f"the file: {reason}") from error


def print_json(value: dict[str, Any], *, shift_jis: bool = False) -> None:
    """Print one line of JSON on standard output, in UTF-8 or in Shift_JIS with replacements."""
    typer.echo(shift_jis_json(value) if shift_jis else json_text(value))


def show_reply(reply: Reply[Answer], show: Callable[[Console, Answer], None], *, as_json: bool) -> None:
    """Print the fund's answer with `show`, or the problem, and end with the exit code."""
    if as_json:
        print_json(history_report.reply_as_json(reply))
    else:
        _show_reply(Console(), reply, show)
    raise typer.Exit(history_report.reply_exit_code(reply))


def _show_reply(console: Console, reply: Reply[Answer], show: Callable[[Console, Answer], None]) -> None:
    if reply.problem is not None:
        console.print(screen.badge(outcomes.of_problem(reply.problem)))
        screen.show_problem(console, reply.problem)
    if reply.answer is not None:
        console.print(screen.badge(outcomes.DONE))
        show(console, reply.answer)
