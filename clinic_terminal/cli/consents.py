"""`clinic-terminal consent-status` and `consent-end`: a consent of this facility, by its number."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import typer
from rich.console import Console

from clinic_terminal.cli.common import AsJson, Surroundings, open_terminal
from clinic_terminal.cli.replying import REPLY_EXIT_CODES, show_reply
from clinic_terminal.console import consents, screen
from clinic_terminal.outcome import Reply
from eligibility_api.contract.codes import EndReason
from eligibility_api.contract.consent import ConsentEnd, ConsentStatus

_STATUS_HELP = f"""同意の状態 / How a consent stands.

{REPLY_EXIT_CODES}"""

_END_HELP = f"""同意の取消 / End a consent at once, for good.

Reasons: 0 the consultation is over, 1 by the facility, 2 by the patient, 3 used otherwise.

{REPLY_EXIT_CODES}"""

ConsentId = Annotated[UUID, typer.Argument(help="The consent's number.", show_default=False)]


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("consent-status", help=_STATUS_HELP)(status_command)
    app.command("consent-end", help=_END_HELP)(end_command)


def status_command(context: typer.Context, consent_id: ConsentId, *, as_json: AsJson = False) -> None:
    """Wire one question, show it, and end with its exit code."""
    with open_terminal(context.ensure_object(Surroundings)).fund as fund:
        reply = Reply.to(lambda: fund.consent_status(consent_id))
    show_reply(reply, _show, as_json=as_json)


def end_command(
    context: typer.Context,
    consent_id: ConsentId,
    *,
    reason: Annotated[EndReason, typer.Option("--reason", help="Why it ends.", show_default=False)],
    as_json: AsJson = False,
) -> None:
    """Wire one end, show it, and end with its exit code."""
    with open_terminal(context.ensure_object(Surroundings)).fund as fund:
        reply = Reply.to(lambda: fund.end_consent(consent_id, ConsentEnd(reason=reason)))
    show_reply(reply, _show, as_json=as_json)


def _show(console: Console, status: ConsentStatus) -> None:
    console.print(screen.table(consents.status_rows(status)))
