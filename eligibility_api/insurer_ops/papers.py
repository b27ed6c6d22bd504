"""Paper certificates (資格確認書): who needs one, applications, and deregistrations (利用登録解除) through the insurer."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any

from pydantic import TypeAdapter

from eligibility_api.clients.caller import Caller
from eligibility_api.contract.enrolment import Mismatch
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.contract.insurer_ops import (
    DeregistrationAnswer,
    DeregistrationRequest,
    PaperApplicationAnswer,
    PaperApplicationRequest,
    PaperCertificateNeed,
    PaperCertificates,
)
from eligibility_api.domain.cover import covers
from eligibility_api.domain.dates import JAPAN, day_in_japan
from eligibility_api.domain.enrolment_version import EnrolmentVersion
from eligibility_api.domain.papers import (
    BoundCard,
    PaperApplication,
    paper_need,
    registration_ends_at,
)
from eligibility_api.eligibility.versions import enrolment_version
from eligibility_api.insurer_ops import paper_store, store
from eligibility_api.insurer_ops.service import open_admitted
from eligibility_api.state import State
from eligibility_api.web import cursor

MEMBERS_PER_PAGE = 2_000
"""Members that one page of paper certificates covers."""

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
    needs = [_need(row, today, since) for row in rows]
    return PaperCertificates(
        since=since_day,
        members=[need for need in needs if need is not None],
        next=cursor.encode(page.upto) if page.members == MEMBERS_PER_PAGE else None,
    )


async def apply(state: State, caller: Caller, request: PaperApplicationRequest) -> PaperApplicationAnswer:
    """Record a member's application. Raises `enrolment-unknown`."""
    async with open_admitted(state, caller) as connection:
        row = await paper_store.current_member(
            connection, caller.insurer(), request.enrolment_id, day_in_japan(state.clock())
        )
        if row is None:
            raise ShikakuError("enrolment-unknown")
        stored = await paper_store.apply(connection, row.entitlement, request.reason)
        if stored.added:
            detail = json.dumps({"reason": request.reason.value})
            await paper_store.record(
                connection,
                "paper.applied",
                caller,
                person_key=row.holder,
                enrolment_id=request.enrolment_id,
                detail=detail,
            )
    return PaperApplicationAnswer(
        enrolment_id=str(request.enrolment_id), reason=request.reason, applied_at=stored.applied_at
    )


async def deregister(state: State, caller: Caller, request: DeregistrationRequest) -> DeregistrationAnswer:
    """End the use of a member's cards at the end of the next month (K4).

    Raises `enrolment-unknown`, and `deregistration-refused` if the member is linked to nobody for sure, is insured
    elsewhere too, or has no registered card.
    """
    now = state.clock()
    today = day_in_japan(now)
    async with open_admitted(state, caller) as connection:
        insurer = caller.insurer()
        row = await paper_store.current_member(connection, insurer, request.enrolment_id, today)
        if row is None:
            raise ShikakuError("enrolment-unknown")
        uncertain = row.holder is None or row.mismatch == Mismatch.OPEN
        if uncertain or await paper_store.insured_elsewhere(connection, insurer, row.holder, today):
            raise ShikakuError("deregistration-refused")
        ended = await paper_store.end_registrations(connection, row.holder, registration_ends_at(now))
        if ended.ends_at is None:
            raise ShikakuError("deregistration-refused")
        last_day = day_in_japan(ended.ends_at) - timedelta(days=1)
        if ended.changed:
            await paper_store.record(
                connection,
                "binding.deregistration",
                caller,
                person_key=row.holder,
                enrolment_id=request.enrolment_id,
                detail=json.dumps({"last_day": last_day.isoformat()}),
            )
    return DeregistrationAnswer(enrolment_id=str(request.enrolment_id), last_day=last_day)


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
    earlier = [application for application in applications if application.applied_at <= since]
    return paper_need(former, _cards(row.cards_then), earlier, day) is not None


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
