"""`payer-mock correct`, `confirm`, `tickets`: the daily business with single members."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer
from pydantic import ValidationError

from eligibility_api.contract.enrolment import CorrectionRequest
from eligibility_api.contract.tickets import TicketInput, TicketsRequest
from payer_mock.cli.common import AsJson, OfInsurer, at_the_fund, read_lines, show, usage

_File = Annotated[Path, typer.Argument(metavar="FILE.jsonl", exists=True, dir_okay=False, readable=True)]
_EnrolmentId = Annotated[UUID, typer.Argument(metavar="ENROLMENT", help="The enrolment's id.")]

_DONE = ("registered", "replaced", "unchanged")


def add_to(app: typer.Typer) -> None:
    """Add these commands to the application."""
    for command in (correct, confirm, tickets):
        app.command()(command)


def correct(context: typer.Context, file: _File) -> None:
    """資格訂正 / Correct periods of members, of any insurer that there is a credential of: one JSON object a line.

    Stops at the first that the fund refuses, and names its line: those before it are done.
    """
    corrections = list(read_lines(file, CorrectionRequest))
    for number, correction in enumerate(corrections, start=1):
        try:
            with at_the_fund(context, correction.member.insurer_number) as client:
                client.correct_enrolment(correction)
        except typer.Exit:
            typer.echo(f"{number}行目で中断しました / Stopped at line {number}", err=True)
            raise
    typer.echo(f"訂正 / corrected {len(corrections)}")


def confirm(
    context: typer.Context,
    enrolment_id: _EnrolmentId,
    *,
    insurer: OfInsurer = None,
    as_json: AsJson = False,
) -> None:
    """確認 / Stand by what was said of a member whom the resident register does not show so (see `mismatches`)."""
    with at_the_fund(context, insurer) as client:
        answer = client.confirm_mismatch(enrolment_id)
    show(answer, as_json=as_json, on_screen=lambda console: console.print(answer.mismatch))


def tickets(
    context: typer.Context, file: _File, *, insurer: OfInsurer = None, as_json: AsJson = False
) -> None:
    """医療券・調剤券 / Register tickets of a welfare office's recipients: one JSON object a line.

    Exit code 0: all are registered. 1: some are not.
    """
    try:
        request = TicketsRequest(tickets=tuple(read_lines(file, TicketInput)))
    except ValidationError as error:
        raise usage("券がないか、重複しています / No ticket, one of them twice, or too many") from error
    with at_the_fund(context, insurer) as client:
        answer = client.register_tickets(request)
    outcomes = [ticket.outcome for ticket in answer.tickets]
    show(answer, as_json=as_json, on_screen=lambda console: console.print("\n".join(outcomes)))
    raise typer.Exit(any(outcome not in _DONE for outcome in outcomes))
