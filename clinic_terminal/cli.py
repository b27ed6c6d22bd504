"""`clinic-terminal`: the terminal at a command line. Wiring: `visit` has the rules, `console` the words."""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated

import httpx2
import typer
from rich.console import Console

from clinic_terminal.card.file_card import open_card_file
from clinic_terminal.card.pcsc import Reader, list_readers, open_reader_card
from clinic_terminal.card.port import CardConnection
from clinic_terminal.clock import now
from clinic_terminal.console import report, screen, words
from clinic_terminal.console.prompts import PipedPrompts, TypedPrompts
from clinic_terminal.settings import SettingsError, TerminalSettings
from clinic_terminal.timings import MeteredTransport, Stopwatch
from clinic_terminal.visit.prompts import Prompts
from clinic_terminal.visit.tap import TapOutcome, TapRequest, tap
from eligibility_api.contract.client import FundClient
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.contract.line import open_line

OPERATOR_LENGTH_MAX = 60
"""As the contract's visual check has it."""

_TAP_HELP = """資格確認 / Check the insurance of a card's holder.

\b
Exit codes:
  0   valid                      20  card or reader problem
  12  not valid                  30  refused by the fund
  13  not valid, a newer exists  31  first registration needed
  14  nothing found              40  could not be checked
  15  several found              1   given up, by Ctrl-C or at a question
  16  valid, not registered      2   wrong usage or settings
  130                            Ctrl-C before or after the tap
  129, 143                       ended by SIGHUP, by SIGTERM
"""

_ENDING = (signal.SIGHUP, signal.SIGTERM)
"""Signals by which the program is asked to end, and at which Python would end without unwinding."""

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="資格確認端末 / Reception terminal: whose insurance is valid today?",
)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the commands reach outside; a test brings its own as typer's context object."""

    list_readers: Callable[[], list[Reader]] = list_readers
    open_reader_card: Callable[[str | None, float], CardConnection] = open_reader_card
    open_card_file: Callable[[Path], CardConnection] = open_card_file
    make_transport: Callable[[str], httpx2.BaseTransport] = open_line


def main(around: Surroundings | None = None) -> None:
    """Entry point of the `clinic-terminal` script.

    A signal to end unwinds the program as an error does: a card that has had its PIN must not keep its power, and
    PC/SC leaves it to whoever dies unasked.
    """
    for number in _ENDING:
        signal.signal(number, _end)
    app(obj=around)


def _end(number: int, _: object) -> None:
    for ending in _ENDING:
        signal.signal(ending, signal.SIG_IGN)  # a second one must not interrupt the closing of the card
    raise SystemExit(128 + number)


def _operator(text: str) -> str:
    """The operator's name, without spaces around it. Raises typer.BadParameter."""
    name = text.strip()
    if not 1 <= len(name) <= OPERATOR_LENGTH_MAX:
        raise typer.BadParameter(f"1 to {OPERATOR_LENGTH_MAX} characters")
    return name


@app.command("tap", help=_TAP_HELP)
def tap_command(
    context: typer.Context,
    *,
    reader: Annotated[str | None, typer.Option(help="Reader to use; else the only one with a card.")] = None,
    card: Annotated[Path | None, typer.Option(help="Card image to use instead of a reader.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    timings: Annotated[bool, typer.Option("--timings", help="Show where the time went.")] = False,
    as_of: Annotated[
        date | None, typer.Option(parser=date.fromisoformat, metavar="DAY", help="Day asked for; else today.")
    ] = None,
    pin_stdin: Annotated[
        bool, typer.Option("--pin-stdin", help="PIN from standard input; one try, never the last one.")
    ] = False,
    last_try: Annotated[
        bool, typer.Option("--last-try", help="With --pin-stdin: spend even the last try of the PIN.")
    ] = False,
    register: Annotated[
        bool, typer.Option("--register", help="The patient agrees to the first registration, if needed.")
    ] = False,
    visual_check: Annotated[bool, typer.Option("--visual-check", help="Staff compared the face.")] = False,
    operator: Annotated[
        str | None, typer.Option(parser=_operator, metavar="NAME", help="Who compared the face; recorded.")
    ] = None,
    wait: Annotated[float, typer.Option(min=0, max=600, help="Seconds to wait for a card.")] = 30.0,
) -> None:
    """Wire one tap, show it, and end with its exit code."""
    _require(reader is None or card is None, "--reader and --card exclude each other")
    _require(visual_check == (operator is not None), "--visual-check and --operator go together")
    _require(pin_stdin or not last_try, "--last-try goes with --pin-stdin")
    _require(
        visual_check or pin_stdin or sys.stdin.isatty(), "no terminal to ask for the PIN at: use --pin-stdin"
    )
    around = context.ensure_object(Surroundings)

    def open_card() -> CardConnection:
        return around.open_card_file(card) if card else around.open_reader_card(reader, wait)

    fund, watch = _open_fund(around)
    with fund:
        prompts = PipedPrompts(sys.stdin, register, last_try) if pin_stdin else TypedPrompts(register)
        outcome = _tap(open_card, fund, prompts, TapRequest(as_of, operator), watch)
    if as_json:
        typer.echo(json.dumps(report.as_json(outcome, with_timings=timings), ensure_ascii=False))
    else:
        screen.show(Console(), outcome, with_timings=timings)
    raise typer.Exit(report.exit_code(outcome))


@app.command("readers")
def readers_command(context: typer.Context) -> None:
    """List the card readers and whether a card is in each. Exit code 20 when there is none."""
    try:
        for reader in context.ensure_object(Surroundings).list_readers():
            typer.echo(f"{reader.name}\t{words.CARD_PRESENT if reader.has_card else words.CARD_ABSENT}")
    except ShikakuError as problem:
        typer.echo(f"{problem.entry.ja} / {problem.entry.en}", err=True)
        raise typer.Exit(report.KIND_EXIT_CODES[problem.entry.kind]) from problem


def _require(held: bool, rule: str) -> None:
    if not held:
        raise typer.BadParameter(rule)


def _open_fund(around: Surroundings) -> tuple[FundClient, Stopwatch]:
    """The terminal made ready, and a watch that runs from then on: the program's own start is no part of a tap."""
    try:
        settings = TerminalSettings.load()
        credential = settings.load_credential()
    except SettingsError as error:
        typer.echo(f"端末の設定に誤りがあります / The terminal is not set up: {error}", err=True)
        raise typer.Exit(report.USAGE) from error
    url = str(settings.fund_url)
    transport = around.make_transport(url)
    watch = Stopwatch()
    return FundClient(url, credential, clock=now, transport=MeteredTransport(transport, watch)), watch


def _tap(
    open_card: Callable[[], CardConnection],
    fund: FundClient,
    prompts: Prompts,
    request: TapRequest,
    watch: Stopwatch,
) -> TapOutcome:
    """Sign in first: a dead line is told before anybody is asked for a card or a PIN."""
    try:
        with watch.step("sign-in"):
            fund.sign_in()
        with watch.step("card", waiting=True):
            connection = open_card()
    except ShikakuError as problem:
        return TapOutcome(watch.timings(), problem=problem)
    except KeyboardInterrupt:
        return TapOutcome(watch.timings())
    return tap(connection, fund, prompts, request, watch)
