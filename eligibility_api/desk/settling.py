"""Mismatches settled by the insurer: it stands by what it said, or parts a member from a person wrongly linked.

Both are changes of single members (`enrolment.single`). A certificate's binding is J-LIS's answer and is not touched.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from eligibility_api.contract.enrolment import Mismatch
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.contract.insurer_ops import ConfirmAnswer, ConfirmRequest, UnlinkAnswer, UnlinkRequest
from eligibility_api.desk import store
from eligibility_api.desk.corrections import seen_versions
from eligibility_api.domain.membership import digest
from eligibility_api.enrolment import linking
from eligibility_api.enrolment.linking import Found, Link
from eligibility_api.enrolment.service import member_of
from eligibility_api.enrolment.single import (
    Content,
    Decision,
    Member,
    Opening,
    Operation,
    Register,
    Standing,
    once,
)
from eligibility_api.enrolment.store import lock_entitlements
from eligibility_api.facilities.caller import Caller
from eligibility_api.state import State

Relink = Callable[[Link, Found], Link]


async def confirm(state: State, caller: Caller, key: str, request: ConfirmRequest) -> ConfirmAnswer:
    """Settle every open mismatch of an enrolment as it was said: linked if the register now shows one person.

    Raises `mismatch-unknown`, and what `single.once` raises.
    """

    def decide(members: Sequence[Member | None], register: Register) -> Decision:
        member = members[0]
        waiting = [s for s in member.standing if s.link.mismatch is Mismatch.OPEN] if member else []
        if member is None or not waiting:
            raise ShikakuError("mismatch-unknown")
        return _relinked(member, waiting, {}, register, linking.confirmed)

    operation = Operation(
        kind="enrolment.confirm",
        request=request,
        look=partial(_look, caller, request.enrolment_id),
        decide=decide,
        answer=ConfirmAnswer,
        more=_mismatch,
    )
    answer = await once(state, caller, key, operation)
    assert isinstance(answer, ConfirmAnswer)
    return answer


async def split(state: State, caller: Caller, key: str, request: UnlinkRequest) -> UnlinkAnswer:
    """Part an enrolment from the person to whom it is linked, and tell who was answered with it for that person.

    It goes to the person whom its items name, corrected if need be, where that is exactly one and another; else to
    nobody, with an open mismatch. Raises `enrolment-unknown`, and what `single.once` raises.
    """
    items = request.corrected.model_dump() if request.corrected is not None else {}

    def decide(members: Sequence[Member | None], register: Register) -> Decision:
        member = members[0]
        theirs = [s for s in member.standing if s.link.person_key is not None] if member else []
        if member is None or not theirs:
            raise ShikakuError("enrolment-unknown")
        return _relinked(member, theirs, items, register, linking.split)

    operation = Operation(
        kind="enrolment.split",
        request=request,
        look=partial(_look, caller, request.enrolment_id),
        decide=decide,
        answer=UnlinkAnswer,
        more=_mismatch_and_seen_by,
    )
    answer = await once(state, caller, key, operation)
    assert isinstance(answer, UnlinkAnswer)
    return answer


async def _look(caller: Caller, enrolment_id: UUID, connection: AsyncConnection) -> list[Member | None]:
    """The caller's member of this id, locked."""
    row = await store.entitlement(connection, caller.insurer(), enrolment_id)
    if row is None:
        return [None]
    await lock_entitlements(connection, [row.entitlement])
    return [await member_of(connection, row)]


def _relinked(
    member: Member, versions: Sequence[Standing], items: Content, register: Register, relink: Relink
) -> Decision:
    """Each of the versions again with `items`, and with the link that the register's word makes of its own."""
    openings = []
    for version in versions:
        content = {**version.content, **items}
        content["digest"] = digest(content)
        link = relink(version.link, register.found(content))
        openings.append(Opening(member.entitlement, content, link))
    return Decision(enrolment_id=member.enrolment_id, told=openings[-1], close=versions, open=openings)


async def _mismatch(_: AsyncConnection, decision: Decision) -> dict[str, Any]:
    return {"mismatch": decision.told.link.mismatch.value}


async def _mismatch_and_seen_by(connection: AsyncConnection, decision: Decision) -> dict[str, Any]:
    wrong = await store.versions_of_persons(
        connection,
        decision.told.entitlement,
        {standing.link.person_key for standing in decision.close if standing.link.person_key is not None},
    )
    seen_by = await seen_versions(connection, wrong)
    return await _mismatch(connection, decision) | {
        "correction_list": [facility.model_dump(mode="json") for facility in seen_by]
    }
