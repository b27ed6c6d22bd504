"""`payer-mock check`, `enrol`, `correct`, `confirm`, `unlink-person`, `tickets`: single members, by single calls."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer
from pydantic import ValidationError
from rich.console import Console

from eligibility_api.contract.enrolment import CorrectionRequest
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.contract.insurer_ops import UnlinkRequest
from eligibility_api.contract.tickets import TicketInput, TicketsRequest
from payer_mock.actions.enrolment import check_members, enrol_members
from payer_mock.actions.fund import open_clients
from payer_mock.actions.report import Report
from payer_mock.cli.common import (
    Dependencies,
    InsurerOption,
    JsonOption,
    echo_json,
    fund_client,
    load_settings,
    not_configured,
    read_lines,
    show,
    unreadable,
    usage,
)
from payer_mock.clock import day_in_japan
from payer_mock.members.reader import MemberFile
from payer_mock.screens import enrolment as screen
from payer_mock.screens.reports import show_confirmation, show_unlinking
from payer_mock.screens.terms import TICKET_OUTCOMES, sentence
from payer_mock.settings import SettingsError

_Members = Annotated[
    Path,
    typer.Argument(
        metavar="FILE", help="加入者ファイル / a member file", exists=True, dir_okay=False, readable=True
    ),
]
_JsonLines = Annotated[
    Path,
    typer.Argument(
        metavar="FILE.jsonl",
        help="1行に1つの JSON / one JSON object a line",
        exists=True,
        dir_okay=False,
        readable=True,
    ),
]
_EnrolmentId = Annotated[UUID, typer.Argument(metavar="ENROLMENT", help="資格のID / the enrolment's id")]

_REGISTERED = ("registered", "replaced", "unchanged")


def add_to(app: typer.Typer) -> None:
    """Add these commands to the application."""
    for command in (check, enrol, correct, confirm, unlink_person, tickets):
        app.command()(command)


def check(context: typer.Context, file: _Members, *, as_json: JsonOption = False) -> None:
    """加入者ファイルを送信せずに点検し、エラーと要確認の項目を行ごとに表示します。

    終了コード 0：エラーなし、1：エラーのある行あり、2：読み取れないファイル

    Check a member file without sending it: errors, and items to be looked at, by row.

    Exit code 0: no errors. 1: rows with errors. 2: not a readable member file.
    """
    today = day_in_japan(context.ensure_object(Dependencies).clock())
    try:
        report = check_members(MemberFile(file, today))
    except ShikakuError as error:
        raise unreadable(error) from error
    if as_json:
        echo_json(report.as_json())
    else:
        screen.show_check(Console(), report)
    raise typer.Exit(report.exit_code)


def enrol(context: typer.Context, file: _Members, *, as_json: JsonOption = False) -> None:
    """加入者ファイル（CSV または JSON Lines）の加入者を1人ずつ登録します。

    資格喪失年月日（lost_on）のある行は資格喪失も登録します。

    終了コード 0：全行を登録、1：登録できない行あり、2：使い方・設定のエラーまたは読み取れないファイル、3：支払基金の障害で中断

    Enrol the members of a file (CSV or JSON Lines) one by one, and end memberships that have a lost_on.

    Exit code 0: every row was accepted. 1: some rows were rejected. 2: wrong usage, settings or file.
    3: stopped by a technical failure of the fund.
    """
    try:
        report = _enrol(file, context.ensure_object(Dependencies))
    except ShikakuError as error:
        raise unreadable(error) from error
    if as_json:
        echo_json(report.as_json())
    else:
        screen.show(Console(), report)
    raise typer.Exit(report.exit_code)


def _enrol(file: Path, dependencies: Dependencies) -> Report:
    settings = load_settings()
    try:
        credentials = settings.load_credentials()
    except SettingsError as error:
        raise not_configured(error) from error
    transport = dependencies.transport_to(settings.fund_url, settings.tls)
    with open_clients(str(settings.fund_url), credentials, transport) as client_of:
        return enrol_members(MemberFile(file, day_in_japan(dependencies.clock())), client_of)


def correct(context: typer.Context, file: _JsonLines) -> None:
    """登録済みの加入者情報を訂正します（1行に1つの JSON）。訂正できない行があると、その行で中断します。

    Correct periods of members of any insurer whose credential is configured: one JSON object per line.

    Stops at the first line that the fund refuses and prints its number; the lines before it are done.
    """
    corrections = list(read_lines(file, CorrectionRequest))
    for number, correction in enumerate(corrections, start=1):
        try:
            with fund_client(context, correction.member.insurer_number) as client:
                client.correct_enrolment(correction)
        except typer.Exit:
            typer.echo(f"{number}行目で中断しました。\nStopped at line {number}.", err=True)
            raise
    typer.echo(f"訂正 {len(corrections)}件 / corrected: {len(corrections)}")


def confirm(
    context: typer.Context,
    enrolment_id: _EnrolmentId,
    *,
    reason: Annotated[
        str | None,
        typer.Option(
            help="他の保険者の加入者である場合の理由（承認者の鍵を使用） / why a contested member is right, with the approver's key"
        ),
    ] = None,
    insurer: InsurerOption = None,
    as_json: JsonOption = False,
) -> None:
    """住民基本台帳情報との不一致（mismatches で表示）について、登録した内容が正しいことを確認済みにします。

    表記の異なる候補者がいる場合は、その方にひも付け、カードでも番号でも回答されるようにします。候補者が別人のときは、先に unlink-person を実行してください。

    Confirm a member's data although the resident register disagrees (see `mismatches`).

    A person who is spelled otherwise and was proposed is linked. If she is somebody else, run `unlink-person` first.
    """
    with fund_client(context, insurer, as_approver=reason is not None) as client:
        answer = client.confirm_mismatch(enrolment_id, reason=reason)
    show(answer, as_json=as_json, on_screen=lambda console: show_confirmation(console, answer))


def unlink_person(
    context: typer.Context,
    enrolment_id: _EnrolmentId,
    *,
    insurer: InsurerOption = None,
    as_json: JsonOption = False,
) -> None:
    """加入者に誤ってひも付いた本人、または表記の異なる候補者が別人であることを登録します。

    登録した内容が正しければ、続けて confirm を実行してください。番号では回答され、別人のカードには表示されません。

    Declare that the person linked to a member, or proposed, is somebody else.

    If the member's data is right, run `confirm` afterwards: it is answered by number, and by nobody else's card.
    """
    with fund_client(context, insurer) as client:
        answer = client.unlink_person(UnlinkRequest(enrolment_id=enrolment_id))
    show(answer, as_json=as_json, on_screen=lambda console: show_unlinking(console, answer))


def tickets(
    context: typer.Context, file: _JsonLines, *, insurer: InsurerOption = None, as_json: JsonOption = False
) -> None:
    """福祉事務所の医療券・調剤券を登録します（1行に1つの JSON）。

    終了コード 0：すべて登録、1：登録できない券あり

    Register medical and dispensing tickets of a welfare office's recipients: one JSON object per line.

    Exit code 0: all are registered. 1: some are not.
    """
    try:
        request = TicketsRequest(tickets=tuple(read_lines(file, TicketInput)))
    except ValidationError as error:
        raise usage(
            "医療券・調剤券がないか、重複しているか、多すぎます。\nNo ticket, a duplicate one, or too many."
        ) from error
    with fund_client(context, insurer) as client:
        answer = client.register_tickets(request)
    outcomes = [ticket.outcome for ticket in answer.tickets]
    lines = [f"{place}行目：{_ticket_text(outcome)}" for place, outcome in enumerate(outcomes, start=1)]
    show(answer, as_json=as_json, on_screen=lambda console: console.print("\n".join(lines)))
    raise typer.Exit(any(outcome not in _REGISTERED for outcome in outcomes))


def _ticket_text(outcome: str) -> str:
    return f"{TICKET_OUTCOMES.get(outcome) or sentence(outcome)[0]} / {outcome}"
