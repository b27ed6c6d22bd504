"""`clinic-terminal lookup`: by the numbers of an insurance, without a card."""

from __future__ import annotations

import sys
from typing import Annotated
from uuid import UUID

import typer
from rich.console import Console

from clinic_terminal.bilingual import Bilingual, command_help, option_help
from clinic_terminal.cli.common import Dependencies, open_terminal, print_json, require, require_tty_or
from clinic_terminal.cli.options import (
    AsJson,
    AsOf,
    KnownAt,
    OutputFormat,
    ShiftJis,
    ShowTimings,
    output_format,
)
from clinic_terminal.console import exit_code_help, report, screen
from clinic_terminal.console.membership_prompts import InteractiveMembership, StdinMembership
from clinic_terminal.queries.number_lookup import LookupRequest, look_up_by_consent, look_up_by_number
from eligibility_api.contract.history_query import Accessor

_HELP = command_help(
    """記号・番号などを入力して、カードなしで資格を照会します。--stdin を付けると、標準入力の JSON
（insurer_number, symbol, number, branch, birth_date）で照会します。--consent-id を付けると、
訪問診療などの同意で本日の資格を再照会します。""",
    """Looks up an insurance by its numbers, which are asked for. With --stdin they are read as one JSON
object: insurer_number, symbol, number, branch, birth_date. With --consent-id the person is the one
who gave this consent for home care (再照会).""",
    exit_code_help.PERSON_EXIT_CODES,
)


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("lookup", help=_HELP, short_help="記号・番号による資格照会 / Look up by numbers")(
        lookup_command
    )


def lookup_command(
    context: typer.Context,
    *,
    stdin: Annotated[
        bool,
        typer.Option(
            "--stdin",
            help=option_help(
                "記号・番号などを標準入力の JSON で受け取る。", "Numbers as JSON from standard input."
            ),
        ),
    ] = False,
    as_of: AsOf = None,
    limit_certificate: Annotated[
        bool,
        typer.Option(
            "--limit-certificate",
            help=option_help(
                "限度額適用認定証も表示する（患者さんは同意済み）。",
                "Show the limit certificate; the patient agrees.",
            ),
        ),
    ] = False,
    known_at: KnownAt = None,
    consent_id: Annotated[
        UUID | None,
        typer.Option(
            "--consent-id",
            metavar="ID",
            help=option_help("訪問診療などの同意番号。", "Consent for home care to use."),
        ),
    ] = None,
    as_json: AsJson = False,
    shift_jis: ShiftJis = False,
    timings: ShowTimings = False,
) -> None:
    """Run one look-up, print it, and end with its exit code."""
    form = output_format(as_json=as_json, shift_jis=shift_jis)
    request = LookupRequest(as_of, limit_certificate, known_at)
    require(
        consent_id is None or (request == LookupRequest() and not stdin),
        "--consent-id は他の照会条件と同時に指定できません。",
        "--consent-id excludes the other options of a look-up",
    )
    require_tty_or(
        "--stdin", given=stdin or consent_id is not None, what=Bilingual("記号・番号", "the numbers")
    )
    terminal = open_terminal(context.ensure_object(Dependencies))
    prompts = StdinMembership(sys.stdin) if stdin else InteractiveMembership()
    with terminal.fund:
        if consent_id is None:
            outcome = look_up_by_number(terminal.fund, prompts, request, terminal.watch)
        else:
            outcome = look_up_by_consent(terminal.fund, Accessor(consent_id), terminal.watch)
    if form is OutputFormat.SCREEN:
        screen.show(Console(), outcome, with_timings=timings)
    else:
        print_json(report.as_json(outcome, with_timings=timings), shift_jis=form is OutputFormat.SHIFT_JIS)
    raise typer.Exit(report.exit_code(outcome))
