"""`payer-mock apply-paper`, `deregister`, and their withdrawal: what members ask of their insurer about their cards."""

from __future__ import annotations

from functools import partial
from typing import Annotated
from uuid import UUID

import typer
from rich.console import Console
from rich.text import Text

from eligibility_api.contract.insurer_ops import (
    DeregistrationApplications,
    DeregistrationRequest,
    PaperApplicationReason,
    PaperApplicationRequest,
    PaperReason,
)
from payer_mock.cli.common import InsurerOption, JsonOption, fund_client, show
from payer_mock.screens.terms import PAPER_REASONS

_EnrolmentId = Annotated[UUID, typer.Argument(metavar="ENROLMENT", help="資格のID / the enrolment's id")]

_Reason = Annotated[
    PaperApplicationReason,
    typer.Option(
        help="要配慮者・カード返納・カード紛失 / the member needs help, returned the card or lost it"
    ),
]


def add_to(app: typer.Typer) -> None:
    """Add these commands to the application."""
    app.command("apply-paper")(apply_paper)
    app.command("withdraw-paper")(withdraw_paper)
    app.command()(deregister)
    app.command("deregistration-applications")(deregistration_applications)
    app.command("withdraw-deregistration")(withdraw_deregistration)


def apply_paper(
    context: typer.Context,
    enrolment: _EnrolmentId,
    *,
    reason: _Reason,
    insurer: InsurerOption = None,
    as_json: JsonOption = False,
) -> None:
    """加入者からの資格確認書の交付申請を登録します。

    Record a member's application for a 資格確認書.
    """
    with fund_client(context, insurer) as client:
        answer = client.apply_for_paper(PaperApplicationRequest(enrolment_id=enrolment, reason=reason))
    text = f"資格確認書の申請を登録しました：{PAPER_REASONS[PaperReason(answer.reason.value)]}\nThe application is recorded."
    show(answer, as_json=as_json, on_screen=lambda console: console.print(text))


def withdraw_paper(
    context: typer.Context,
    enrolment: _EnrolmentId,
    *,
    reason: _Reason,
    insurer: InsurerOption = None,
    as_json: JsonOption = False,
) -> None:
    """加入者からの資格確認書の交付申請の取下げを登録します。

    Record that a member withdraws an application for a 資格確認書.
    """
    with fund_client(context, insurer) as client:
        answer = client.withdraw_paper_application(
            PaperApplicationRequest(enrolment_id=enrolment, reason=reason)
        )
    text = f"資格確認書の申請の取下げを登録しました：{PAPER_REASONS[PaperReason(answer.reason.value)]}\nThe application is withdrawn."
    show(answer, as_json=as_json, on_screen=lambda console: console.print(text))


def deregister(
    context: typer.Context,
    enrolment: _EnrolmentId,
    *,
    insurer: InsurerOption = None,
    as_json: JsonOption = False,
) -> None:
    """加入者の申請により、健康保険証としての利用登録を翌月末で解除します。

    End the use of a member's card as insurance certificate at the end of the next month, at her request.
    """
    with fund_client(context, insurer) as client:
        answer = client.deregister(DeregistrationRequest(enrolment_id=enrolment))
    text = (
        f"利用登録を解除します。最後に使える日：{answer.last_day}\nThe card is used until {answer.last_day}."
    )
    show(answer, as_json=as_json, on_screen=lambda console: console.print(text))


def withdraw_deregistration(
    context: typer.Context,
    enrolment: _EnrolmentId,
    *,
    insurer: InsurerOption = None,
    as_json: JsonOption = False,
) -> None:
    """利用登録の解除を、解除日までに取り下げます。カードは引き続き使えます。

    Withdraw a deregistration before it takes effect; the card stays registered.
    """
    with fund_client(context, insurer) as client:
        answer = client.withdraw_deregistration(DeregistrationRequest(enrolment_id=enrolment))
    text = "利用登録の解除を取り下げました。カードは引き続き使えます。\nThe deregistration is withdrawn; the card stays registered."
    show(answer, as_json=as_json, on_screen=lambda console: console.print(text))


def deregistration_applications(
    context: typer.Context, *, insurer: InsurerOption = None, as_json: JsonOption = False
) -> None:
    """本人の画面から申請があり、まだ解除していない加入者を、古い順に表示します。

    List the members who asked on their own page to end the use of their card, oldest first.
    """
    after: str | None = None
    with fund_client(context, insurer) as client:
        while True:
            page = client.deregistration_applications(after)
            show(page, as_json=as_json, on_screen=partial(_list_applications, page))
            after = page.next
            if after is None:
                return


def _list_applications(page: DeregistrationApplications, console: Console) -> None:
    for one in page.applications:
        membership = "・".join(part for part in (one.symbol, one.number, one.branch) if part)
        console.print(Text(f"{one.applied_at:%Y-%m-%d %H:%M}  {one.enrolment_id}  {membership}"))
