"""`clinic-terminal ask`: by the numbers of a certificate, without a card."""

from __future__ import annotations

import sys
from typing import Annotated
from uuid import UUID

import typer
from rich.console import Console

from clinic_terminal.cli.common import (
    EXIT_CODES,
    AsJson,
    AsOf,
    KnownAt,
    ShiftJis,
    ShowTimings,
    Surroundings,
    open_terminal,
    print_json,
    require,
    require_person_or,
)
from clinic_terminal.console import report, screen
from clinic_terminal.console.membership_prompts import PipedMembership, TypedMembership
from clinic_terminal.desk.ask import AskRequest, ask, renew
from eligibility_api.contract.history_query import Accessor

_HELP = f"""資格照会 / Check an insurance by its numbers, which are asked for.

With --stdin they come as one JSON object: insurer_number, symbol, number, branch, birth_date. With --consent-id a
consent for care at home says whom it is about (再照会).

{EXIT_CODES}"""


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("ask", help=_HELP)(ask_command)


def ask_command(
    context: typer.Context,
    *,
    stdin: Annotated[bool, typer.Option("--stdin", help="Membership as JSON from standard input.")] = False,
    as_of: AsOf = None,
    limit_certificate: Annotated[
        bool, typer.Option("--limit-certificate", help="The patient agrees that it is shown.")
    ] = False,
    known_at: KnownAt = None,
    consent_id: Annotated[
        UUID | None, typer.Option("--consent-id", help="By this consent for care at home.")
    ] = None,
    as_json: AsJson = False,
    shift_jis: ShiftJis = False,
    timings: ShowTimings = False,
) -> None:
    """Wire one look-up, show it, and end with its exit code."""
    require(as_json or not shift_jis, "--shift-jis goes with --json")
    request = AskRequest(as_of, limit_certificate, known_at)
    require(
        consent_id is None or (request == AskRequest() and not stdin),
        "--consent-id says by itself what is asked",
    )
    require_person_or("--stdin", given=stdin or consent_id is not None, what="the numbers")
    terminal = open_terminal(context.ensure_object(Surroundings))
    prompts = PipedMembership(sys.stdin) if stdin else TypedMembership()
    with terminal.fund:
        if consent_id is None:
            outcome = ask(terminal.fund, prompts, request, terminal.watch)
        else:
            outcome = renew(terminal.fund, Accessor(consent_id), terminal.watch)
    if as_json:
        print_json(report.as_json(outcome, with_timings=timings), shift_jis=shift_jis)
    else:
        screen.show(Console(), outcome, with_timings=timings)
    raise typer.Exit(report.exit_code(outcome))
