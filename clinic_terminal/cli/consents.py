"""`clinic-terminal consent-status` and `consent-end`: a consent of this facility, by its number."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import typer
from rich.console import Console

from clinic_terminal.bilingual import command_help, option_help
from clinic_terminal.cli.common import Dependencies, open_terminal, show_reply
from clinic_terminal.cli.options import AsJson
from clinic_terminal.console import code_texts, consents, exit_code_help, screen
from clinic_terminal.outcome import Reply
from eligibility_api.contract.codes import EndReason
from eligibility_api.contract.consent import ConsentEnd, ConsentStatus

_STATUS_HELP = command_help(
    """この施設で得た同意の内容と期限を表示します。""",
    """Shows a consent given to this facility: what it covers and until when.""",
    exit_code_help.CALL_EXIT_CODES,
)

_REASONS_JA = "、".join(f"{reason}：{text.ja}" for reason, text in code_texts.END_REASON.items())
_REASONS_EN = ", ".join(f"{reason} {text.en}" for reason, text in code_texts.END_REASON.items())

_END_HELP = command_help(
    """この施設で得た同意を直ちに終了します。元には戻せません。""",
    """Ends a consent given to this facility at once and for good.""",
    exit_code_help.CALL_EXIT_CODES,
)

ConsentId = Annotated[
    UUID, typer.Argument(help=option_help("同意番号。", "The consent's number."), show_default=False)
]


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("consent-status", help=_STATUS_HELP, short_help="同意の確認 / Show a consent")(status_command)
    app.command("consent-end", help=_END_HELP, short_help="同意の取り消し / End a consent")(end_command)


def status_command(context: typer.Context, consent_id: ConsentId, *, as_json: AsJson = False) -> None:
    """Fetch a consent, print it, and end with the exit code."""
    with open_terminal(context.ensure_object(Dependencies)).fund as fund:
        reply = Reply.to(lambda: fund.consent_status(consent_id))
    show_reply(reply, _show, as_json=as_json)


def end_command(
    context: typer.Context,
    consent_id: ConsentId,
    *,
    reason: Annotated[
        EndReason,
        typer.Option(
            "--reason",
            metavar="CODE",
            help=option_help(f"終了の理由：{_REASONS_JA}", f"Reason: {_REASONS_EN}"),
            show_default=False,
        ),
    ],
    as_json: AsJson = False,
) -> None:
    """End a consent, print it, and end with the exit code."""
    with open_terminal(context.ensure_object(Dependencies)).fund as fund:
        reply = Reply.to(lambda: fund.end_consent(consent_id, ConsentEnd(reason=reason)))
    show_reply(reply, _show, as_json=as_json)


def _show(console: Console, status: ConsentStatus) -> None:
    console.print(screen.table(consents.status_rows(status)))
