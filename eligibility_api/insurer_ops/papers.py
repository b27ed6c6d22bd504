"""Paper certificates (資格確認書): who needs one, applications and deregistrations (利用登録解除), and their withdrawal."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from eligibility_api.clients.caller import Caller
from eligibility_api.contract.enrolment import Mismatch
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.contract.insurer_ops import (
    DeregistrationAnswer,
    DeregistrationApplication,
    DeregistrationApplications,
    DeregistrationRequest,
    DeregistrationWithdrawalAnswer,
    PaperApplicationAnswer,
    PaperApplicationRequest,
    PaperCertificateNeed,
    PaperCertificates,
    PaperWithdrawalAnswer,
)
from eligibility_api.domain.cover import covers
from eligibility_api.domain.dates import JAPAN, day_in_japan
from eligibility_api.domain.enrolment_version import EnrolmentVersion
from eligibility_api.domain.papers import (
    BoundCard,
    PaperApplication,
    applications_at,
    paper_need,
    registration_ends_at,
)
from eligibility_api.eligibility.versions import enrolment_version
from eligibility_api.insurer_ops import paper_store, store
from eligibility_api.insurer_ops.service import open_admitted, record_read
from eligibility_api.state import State
from eligibility_api.web import cursor

MEMBERS_PER_PAGE = 2_000
"""Members that one page of paper certificates covers."""

APPLICATIONS_PER_PAGE = 500

_CARDS = TypeAdapter(tuple[BoundCard, ...])
_APPLICATIONS = TypeAdapter(tuple[PaperApplication, ...])


async def paper_certificates(
    state: State, caller: Caller, after: str | None, since_month: str | None
) -> PaperCertificates:
    """Return the current members who need a paper certificate, by pages of members. Raises `cursor-invalid`.

    A member whom the law has moved to another insurer (`domain.cover`) gets the paper certificate there.
    """
    position = cursor.decode_number(after) if after is not None else 0
    today = day_in_japan(state.clock())
    since_day = _first_of(since_month) if since_month is not None else _month_before(today)
    since = datetime.combine(since_day, time(), JAPAN)
    async with open_admitted(state, caller) as connection:
        page = await store.next_members(connection, caller.insurer(), position, MEMBERS_PER_PAGE)
        rows = await paper_store.candidates(
            connection,
            caller.insurer(),
            after=position,
            upto=page.upto or position,
            today=today,
            since=since,
            since_day=since_day,
        )
        needs = [need for row in rows if (need := _need(row, today, since)) is not None]
        shown = {"after": position, "upto": page.upto}
        await record_read(connection, caller, "papers.read", shown, members=len(needs))
    return PaperCertificates(
        since=since_day,
        members=needs,
        next=cursor.encode(page.upto) if page.members == MEMBERS_PER_PAGE else None,
    )


async def apply(state: State, caller: Caller, request: PaperApplicationRequest) -> PaperApplicationAnswer:
    """Record a member's application. Raises `enrolment-unknown`."""
    async with _own_member(state, caller, request.enrolment_id) as (connection, row):
        stored = await paper_store.apply(connection, row.entitlement, request.reason)
        if stored.added:
            await _record(
                connection, "paper.applied", caller, row.holder, request, reason=request.reason.value
            )
    return PaperApplicationAnswer(
        enrolment_id=str(request.enrolment_id), reason=request.reason, applied_at=stored.applied_at
    )


async def withdraw_application(
    state: State, caller: Caller, request: PaperApplicationRequest
) -> PaperWithdrawalAnswer:
    """Withdraw a member's applications of a reason (K5). Raises `enrolment-unknown` and `nothing-to-withdraw`."""
    async with _own_member(state, caller, request.enrolment_id) as (connection, row):
        withdrawn_at = await paper_store.withdraw(connection, row.entitlement, request.reason)
        if withdrawn_at is None:
            raise ShikakuError("nothing-to-withdraw")
        await _record(connection, "paper.withdrawn", caller, row.holder, request, reason=request.reason.value)
    return PaperWithdrawalAnswer(
        enrolment_id=str(request.enrolment_id), reason=request.reason, withdrawn_at=withdrawn_at
    )


async def deregister(state: State, caller: Caller, request: DeregistrationRequest) -> DeregistrationAnswer:
    """End the use of a member's cards at the end of the next month (K4).

    Raises `enrolment-unknown`, and `deregistration-refused` if the member is linked to nobody for sure, is insured
    elsewhere too, or has no registered card.
    """
    now = state.clock()
    async with _own_member(state, caller, request.enrolment_id) as (connection, row):
        await _check_sole_insurer(connection, caller, row, day_in_japan(now))
        ended = await paper_store.end_registrations(connection, row.holder, registration_ends_at(now))
        if ended.ends_at is None:
            raise ShikakuError("deregistration-refused")
        last_day = day_in_japan(ended.ends_at) - timedelta(days=1)
        if ended.changed:
            await _record(
                connection,
                "binding.deregistration",
                caller,
                row.holder,
                request,
                last_day=last_day.isoformat(),
            )
    return DeregistrationAnswer(enrolment_id=str(request.enrolment_id), last_day=last_day)


async def deregistration_applications(
    state: State, caller: Caller, after: str | None
) -> DeregistrationApplications:
    """Return the members who asked for it on their own page, oldest first (K6). Raises `cursor-invalid`."""
    position = cursor.decode_number(after) if after is not None else 0
    async with open_admitted(state, caller) as connection:
        rows = await paper_store.deregistration_applications(
            connection, caller.insurer(), position, APPLICATIONS_PER_PAGE + 1
        )
    page = rows[:APPLICATIONS_PER_PAGE]
    return DeregistrationApplications(
        applications=[DeregistrationApplication.model_validate(row, from_attributes=True) for row in page],
        next=cursor.encode(page[-1].application_id) if len(rows) > len(page) else None,
    )


async def withdraw_deregistration(
    state: State, caller: Caller, request: DeregistrationRequest
) -> DeregistrationWithdrawalAnswer:
    """Keep a member's cards registered that a deregistration would have ended (K5).

    Raises `enrolment-unknown`, `deregistration-refused` for whom this insurer cannot deregister, and
    `nothing-to-withdraw`.
    """
    async with _own_member(state, caller, request.enrolment_id) as (connection, row):
        await _check_sole_insurer(connection, caller, row, day_in_japan(state.clock()))
        if not await paper_store.keep_registrations(connection, row.holder):
            raise ShikakuError("nothing-to-withdraw")
        await _record(connection, "binding.deregistration-withdrawn", caller, row.holder, request)
    return DeregistrationWithdrawalAnswer(enrolment_id=str(request.enrolment_id))


@asynccontextmanager
async def _own_member(
    state: State, caller: Caller, enrolment_id: UUID
) -> AsyncIterator[tuple[AsyncConnection, Row[Any]]]:
    """A transaction, and the version of one of the insurer's current members. Raises `enrolment-unknown`."""
    async with open_admitted(state, caller) as connection:
        today = day_in_japan(state.clock())
        row = await paper_store.current_member(connection, caller.insurer(), enrolment_id, today)
        if row is None:
            raise ShikakuError("enrolment-unknown")
        yield connection, row


async def _check_sole_insurer(
    connection: AsyncConnection, caller: Caller, row: Row[Any], today: date
) -> None:
    """The member is linked for sure, and no other insurer insures her. Raises `deregistration-refused`."""
    uncertain = row.holder is None or row.mismatch == Mismatch.OPEN
    if uncertain or await paper_store.insured_elsewhere(connection, caller.insurer(), row.holder, today):
        raise ShikakuError("deregistration-refused")


async def _record(
    connection: AsyncConnection,
    kind: str,
    caller: Caller,
    person_key: bytes | None,
    request: PaperApplicationRequest | DeregistrationRequest,
    **detail: str,
) -> None:
    await paper_store.record(
        connection,
        kind,
        caller,
        person_key=person_key,
        enrolment_id=request.enrolment_id,
        detail=json.dumps(detail),
    )


def _need(row: Any, today: date, since: datetime) -> PaperCertificateNeed | None:
    """The entry of a member who needs a paper certificate today, or None."""
    member = enrolment_version(row._mapping)
    if not covers(member, today):
        return None
    applications = _APPLICATIONS.validate_python(row.applications or ())
    need = paper_need(member, _cards(row.cards), applications, today)
    if need is None:
        return None
    return PaperCertificateNeed(
        enrolment_id=row.enrolment_id,
        symbol=member.symbol,
        number=member.number,
        branch=member.branch,
        birth_date=member.birth_date,
        reason=need.reason,
        needed_from=need.needed_from,
        new_since=not _needed_then(row, member, applications, since),
    )


def _needed_then(
    row: Any, member: EnrolmentVersion, applications: tuple[PaperApplication, ...], since: datetime
) -> bool:
    """Whether the member was insured and on the list at `since`."""
    day = day_in_japan(since)
    if not row.insured_then or not covers(member, day):
        return False
    former = replace(member, self_disclosure_blocked=row.blocked_then)
    return paper_need(former, _cards(row.cards_then), applications_at(applications, since), day) is not None


def _cards(stored: Any) -> tuple[BoundCard, ...]:
    return _CARDS.validate_python(stored or ())


def _first_of(month: str) -> date:
    """Return the first day of a month (YYYY-MM)."""
    year, number = month.split("-")
    return date(int(year), int(number), 1)


def _month_before(day: date) -> date:
    """Return the day one month before, or that month's last day."""
    last = day.replace(day=1) - timedelta(days=1)
    return last.replace(day=min(day.day, last.day))
