"""An insurer's look at its own members: found by number, and every version of one. Each look is recorded."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import Row

from eligibility_api.clients.caller import Caller
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.contract.insurer_ops import (
    FoundMember,
    FoundMembers,
    MemberHistory,
    MemberSearch,
    MemberVersion,
)
from eligibility_api.contract.member_items import MEMBER_ITEMS
from eligibility_api.domain.membership import comparable
from eligibility_api.enrolment.store import record
from eligibility_api.insurer_ops import member_store
from eligibility_api.insurer_ops.service import open_admitted
from eligibility_api.state import State

MAX_FOUND = 50
MAX_VERSIONS = 500
"""Versions of one member that are returned, the oldest first: nobody has more in a lifetime."""


async def search(state: State, caller: Caller, request: MemberSearch) -> FoundMembers:
    """Find own members by number. Raises `client-closed`."""
    symbol, number, branch = comparable(request.symbol, request.number, request.branch)
    values = {"symbol": symbol, "number": number, "branch": branch, "birth_date": request.birth_date}
    async with open_admitted(state, caller) as connection:
        rows = await member_store.search(connection, caller.insurer(), values, MAX_FOUND + 1)
        found = rows[:MAX_FOUND]
        await record(connection, _audit(caller, "member.searched", [row.enrolment_id for row in found]))
    return FoundMembers(
        members=[FoundMember.model_validate(row, from_attributes=True) for row in found],
        has_more=len(rows) > MAX_FOUND,
    )


async def history(state: State, caller: Caller, enrolment_id: UUID) -> MemberHistory:
    """Every version of an own member. Raises `enrolment-unknown`, `client-closed`."""
    async with open_admitted(state, caller) as connection:
        rows = await member_store.versions(connection, caller.insurer(), enrolment_id, MAX_VERSIONS)
        if not rows:
            raise ShikakuError("enrolment-unknown")
        latest = rows[-1].person_key
        await record(connection, _audit(caller, "member.read", [str(enrolment_id)]) | {"person_key": latest})
    return MemberHistory(
        enrolment_id=str(enrolment_id),
        insurer_number=caller.insurer(),
        versions=[_version(row) for row in rows],
    )


def _version(row: Row[Any]) -> MemberVersion:
    items = {item.name: getattr(row, item.name) for item in MEMBER_ITEMS}
    return MemberVersion(
        acquired_on=row.acquired_on,
        lost_on=row.lost_on,
        known_from=row.known_from,
        known_until=row.known_until,
        kind=row.kind,
        register_match=row.register_match,
        mismatch=row.mismatch,
        items={name: value for name, value in items.items() if value not in (None, [], False)},
    )


def _audit(caller: Caller, kind: str, enrolment_ids: list[str]) -> dict[str, Any]:
    return {
        "kind": kind,
        "outcome": "done",
        "client_id": caller.client_id,
        "insurer_number": caller.insurer(),
        "detail": {"enrolment_ids": enrolment_ids},
    }
