"""`clinic-terminal tap` and `readers`: what needs a card reader."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from clinic_terminal.card.port import CardConnection
from clinic_terminal.cli.common import (
    EXIT_CODES,
    AsJson,
    AsOf,
    ShiftJis,
    ShowTimings,
    Surroundings,
    Terminal,
    open_terminal,
    print_json,
    require,
    require_person_or,
)
from clinic_terminal.console import report, screen, words
from clinic_terminal.console.prompts import PipedPrompts, TypedPrompts
from clinic_terminal.visit.prompts import Prompts
from clinic_terminal.visit.tap import TapOutcome, TapRequest, tap
from eligibility_api.contract.errors import ShikakuError

OPERATOR_LENGTH_MAX = 60
"""As the contract's visual check has it."""


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("tap", help=f"資格確認 / Check the insurance of a card's holder.\n\n{EXIT_CODES}")(
        tap_command
    )
    app.command("readers")(readers_command)


def _operator(text: str) -> str:
    """The operator's name, without spaces around it. Raises typer.BadParameter."""
    name = text.strip()
    if not 1 <= len(name) <= OPERATOR_LENGTH_MAX:
        raise typer.BadParameter(f"1 to {OPERATOR_LENGTH_MAX} characters")
    return name


def tap_command(
    context: typer.Context,
    *,
    reader: Annotated[str | None, typer.Option(help="Reader to use; else the only one with a card.")] = None,
    card: Annotated[Path | None, typer.Option(help="Card image to use instead of a reader.")] = None,
    as_json: AsJson = False,
    shift_jis: ShiftJis = False,
    timings: ShowTimings = False,
    as_of: AsOf = None,
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
    require(reader is None or card is None, "--reader and --card exclude each other")
    require(visual_check == (operator is not None), "--visual-check and --operator go together")
    require(as_json or not shift_jis, "--shift-jis goes with --json")
    require(pin_stdin or not last_try, "--last-try goes with --pin-stdin")
    require_person_or("--pin-stdin", given=visual_check or pin_stdin, what="the PIN")
    around = context.ensure_object(Surroundings)

    def open_card() -> CardConnection:
        return around.open_card_file(card) if card else around.open_reader_card(reader, wait)

    terminal = open_terminal(around)
    with terminal.fund:
        prompts = PipedPrompts(sys.stdin, register, last_try) if pin_stdin else TypedPrompts(register)
        outcome = _tap(open_card, terminal, prompts, TapRequest(as_of, operator))
    if as_json:
        print_json(report.as_json(outcome, with_timings=timings), shift_jis=shift_jis)
    else:
        screen.show(Console(), outcome, with_timings=timings)
    raise typer.Exit(report.exit_code(outcome))


def readers_command(context: typer.Context) -> None:
    """List the card readers and whether a card is in each. Exit code 20 when there is none."""
    try:
        for reader in context.ensure_object(Surroundings).list_readers():
            typer.echo(f"{reader.name}\t{words.CARD_PRESENT if reader.has_card else words.CARD_ABSENT}")
    except ShikakuError as problem:
        typer.echo(f"{problem.entry.ja} / {problem.entry.en}", err=True)
        raise typer.Exit(report.KIND_EXIT_CODES[problem.entry.kind]) from problem


def _tap(
    open_card: Callable[[], CardConnection], terminal: Terminal, prompts: Prompts, request: TapRequest
) -> TapOutcome:
    """Sign in first: a dead line is told before anybody is asked for a card or a PIN."""
    fund, watch = terminal.fund, terminal.watch
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
