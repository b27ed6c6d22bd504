"""Resolves mismatches: the insurer confirms its items, or unlinks a member from a wrongly linked person.

Both are changes of single members (`enrolment.single`). Bindings of certificates come from J-LIS and are not
changed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from eligibility_api.clients.caller import Caller
from eligibility_api.contract.codes import Right
from eligibility_api.contract.enrolment import Mismatch, RegisterMatch
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.contract.insurer_ops import ConfirmAnswer, ConfirmRequest, UnlinkAnswer, UnlinkRequest
from eligibility_api.domain.membership import digest
from eligibility_api.enrolment import confirmations, linking
from eligibility_api.enrolment.decision import (
    Content,
    CurrentVersion,
    Decision,
    Member,
    NewVersion,
    RegisterAnswers,
)
from eligibility_api.enrolment.linking import Link, RegisterAnswer
from eligibility_api.enrolment.service import member_of
from eligibility_api.enrolment.single import Operation, apply
from eligibility_api.enrolment.store import lock_entitlements
from eligibility_api.insurer_ops import store
from eligibility_api.insurer_ops.corrections import facilities_answered_with
from eligibility_api.state import State

Relink = Callable[[Link, RegisterAnswer], Link]


async def confirm(state: State, caller: Caller, key: str, request: ConfirmRequest) -> ConfirmAnswer:
    """Confirm every open mismatch of an enrolment; it is linked if the register now finds exactly one person.

    So is one that was confirmed while the register found nobody. A contested one is confirmed by another key than the program's, with a reason (R7), and only such a one is.
    Raises `mismatch-unknown`, `approval-needs-another-key`, and what `single.apply` raises.
    """
    by_second_key = Right.APPROVAL in caller.rights and request.reason is not None

    def decide(members: Sequence[Member | None], register: RegisterAnswers) -> Decision:
        member = members[0]
        waiting = [s for s in member.current if _waits(s.link)] if member else []
        if member is None or not waiting:
            raise ShikakuError("mismatch-unknown")
        if by_second_key != any(s.link.register_match is RegisterMatch.CONTESTED for s in waiting):
            raise ShikakuError("right-missing" if by_second_key else "approval-needs-another-key")
        return _relink(member, waiting, {}, register, linking.link_after_confirmation)

    operation = Operation(
        kind="enrolment.confirm",
        request=request,
        load=partial(_load, caller, request.enrolment_id),
        decide=decide,
        right=Right.APPROVAL if by_second_key else Right.ENROLMENT,
        by_second_key=by_second_key,
        reason=request.reason,
        answer=ConfirmAnswer,
        keep_word=confirmations.keep_linked,
        extend=_mismatch_and_link,
    )
    answer = await apply(state, caller, key, operation)
    assert isinstance(answer, ConfirmAnswer)
    return answer


async def unlink(state: State, caller: Caller, key: str, request: UnlinkRequest) -> UnlinkAnswer:
    """Unlink an enrolment from its person, or from the proposed one; lists the facilities that received it as hers.

    It is linked to the person whom its (corrected) items match, if that is exactly one other person;
    otherwise it stays unlinked with an open mismatch. Raises `enrolment-unknown`, and what `single.apply`
    raises.
    """
    items = request.corrected.model_dump() if request.corrected is not None else {}

    def decide(members: Sequence[Member | None], register: RegisterAnswers) -> Decision:
        member = members[0]
        linked = [s for s in member.current if s.link.person_key or s.link.proposed_key] if member else []
        if member is None or not linked:
            raise ShikakuError("enrolment-unknown")
        return _relink(member, linked, items, register, linking.link_after_unlinking)

    operation = Operation(
        kind="enrolment.unlink",
        request=request,
        load=partial(_load, caller, request.enrolment_id),
        decide=decide,
        answer=UnlinkAnswer,
        keep_word=confirmations.keep_unlinked,
        extend=_mismatch_and_facilities,
    )
    answer = await apply(state, caller, key, operation)
    assert isinstance(answer, UnlinkAnswer)
    return answer


def _waits(link: Link) -> bool:
    """Whether there is something to confirm: an open mismatch, or a member confirmed without a person."""
    return link.mismatch is Mismatch.OPEN or (
        link.mismatch is Mismatch.CONFIRMED and link.person_key is None and not linking.is_unlinked(link)
    )


async def _load(caller: Caller, enrolment_id: UUID, connection: AsyncConnection) -> list[Member | None]:
    """Load and lock the caller's member with this id."""
    row = await store.entitlement(connection, caller.insurer(), enrolment_id)
    if row is None:
        return [None]
    await lock_entitlements(connection, [row.entitlement])
    return [await member_of(connection, row)]


def _relink(
    member: Member,
    versions: Sequence[CurrentVersion],
    items: Content,
    register: RegisterAnswers,
    relink: Relink,
) -> Decision:
    """Decide to replace each version by one with `items` and with the link by the register's answer."""
    new_versions = []
    for version in versions:
        content = {**version.content, **items}
        content["digest"] = digest(content)
        link = relink(version.link, register.found(content))
        new_versions.append(NewVersion(member.entitlement, content, link))
    return Decision(
        enrolment_id=member.enrolment_id, reported=new_versions[-1], close=versions, open=new_versions
    )


async def _mismatch(_: AsyncConnection, decision: Decision) -> dict[str, Any]:
    return {"mismatch": decision.reported.link.mismatch.value}


async def _mismatch_and_link(connection: AsyncConnection, decision: Decision) -> dict[str, Any]:
    linked = decision.reported.link.person_key is not None
    return await _mismatch(connection, decision) | {"linked": linked}


async def _mismatch_and_facilities(connection: AsyncConnection, decision: Decision) -> dict[str, Any]:
    wrong = await store.versions_of_persons(
        connection,
        decision.reported.entitlement,
        {version.link.person_key for version in decision.close if version.link.person_key is not None},
    )
    facilities = await facilities_answered_with(connection, wrong)
    return await _mismatch(connection, decision) | {
        "correction_list": [facility.model_dump(mode="json") for facility in facilities]
    }
