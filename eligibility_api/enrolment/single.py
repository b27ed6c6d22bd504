"""Executes changes of single members: idempotent, decided on the current versions, written as one revision.

A change is a pure decision over the current versions and the answers of the resident register. J-LIS is asked
outside the transaction, and only when the decision needs it: then the attempt is rolled back, J-LIS is asked,
and the attempt is repeated. Two calls with one key wait for each other; the second gets the answer of the
first.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from eligibility_api.clients.caller import Caller
from eligibility_api.contract.codes import Right
from eligibility_api.contract.enrolment import Difference, EnrolmentAnswer, RegisterMatch
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.contract.wire import RequestModel
from eligibility_api.domain.membership import IDENTITY
from eligibility_api.enrolment import idempotency, register_quota, store
from eligibility_api.enrolment.change import admit_and_lock, wait_until_visible
from eligibility_api.enrolment.confirmations import take_over
from eligibility_api.enrolment.contests import contest
from eligibility_api.enrolment.decision import Decision, Member, RegisterAnswers, RegisterNotAsked
from eligibility_api.enrolment.idempotency import Call
from eligibility_api.enrolment.linking import Identity, Link, RegisterAnswer
from eligibility_api.state import State

LoadMembers = Callable[[AsyncConnection], Awaitable[Sequence[Member | None]]]
Decide = Callable[[Sequence[Member | None], RegisterAnswers], Decision]
ExtendAnswer = Callable[[AsyncConnection, Decision], Awaitable[dict[str, Any]]]
KeepWord = Callable[[AsyncConnection, Decision], Awaitable[None]]


async def _no_extension(_: AsyncConnection, __: Decision) -> dict[str, Any]:
    return {}


async def _nothing_more(_: AsyncConnection, __: Decision) -> None:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One kind of change: how it loads its members, what it decides, which word it keeps, what it adds to the answer."""

    kind: str
    request: RequestModel
    load: LoadMembers
    decide: Decide
    right: Right = Right.ENROLMENT
    by_second_key: bool = False
    """Whether another key than the program's confirms the change: then no link is contested (R7)."""
    reason: str | None = None
    answer: type[EnrolmentAnswer] = EnrolmentAnswer
    keep_word: KeepWord = _nothing_more
    extend: ExtendAnswer = _no_extension


@dataclass(frozen=True, slots=True)
class _Result:
    answer: dict[str, Any]
    fixed: float
    ahead: timedelta


async def apply(state: State, caller: Caller, key: str, operation: Operation) -> EnrolmentAnswer:
    """Apply the change, or return the stored answer of the same call.

    Raises `client-closed`, `idempotency-key-reused`, `register-unavailable`, `mismatch-limit`, and what the
    decision raises.
    """
    caller.require(operation.right)
    call = Call.of(caller.insurer(), key, operation.kind, operation.request, secret=state.keys.version)
    asked = _Asked()
    try:
        result = await _decide_and_write(state, caller, call, operation, asked)
    finally:
        await _count_queries(state, caller, asked)
    if result.ahead > timedelta():
        await wait_until_visible(result.fixed, result.ahead)
    return operation.answer.model_validate(result.answer)


@dataclass(slots=True)
class _Asked:
    """The queries of a call to the register, by the hour in which they count."""

    register: RegisterAnswers = field(default_factory=RegisterAnswers)
    reserved: list[datetime] = field(default_factory=list)
    missed: bool = False
    """Whether the call's answer shows that the register did not identify the member."""


async def _decide_and_write(
    state: State, caller: Caller, call: Call, operation: Operation, asked: _Asked
) -> _Result:
    while True:
        try:
            async with state.database.transaction() as connection:
                result = await _attempt(connection, caller, call, operation, asked)
        except RegisterNotAsked as missing:
            asked.register.answers[missing.identity] = await _ask(state, caller, missing.identity, asked)
        else:
            return result


async def _ask(state: State, caller: Caller, identity: Identity, asked: _Asked) -> RegisterAnswer:
    """Ask J-LIS, unless the insurer had too many mismatches: persons must not be found by trial (N4)."""
    limit = state.settings.mismatches_per_hour
    asked.reserved.append(await register_quota.reserve(state.database, caller.insurer(), limit))
    found = await state.jlis.match(**dict(zip(IDENTITY, identity, strict=True)))
    differences = tuple(map(Difference.model_validate, found.differences))
    return RegisterAnswer(RegisterMatch(found.match), found.person_key, differences)


async def _count_queries(state: State, caller: Caller, asked: _Asked) -> None:
    """Count the call's queries. What cannot be counted stays reserved for the rest of the hour."""
    with suppress(ShikakuError):
        for hour in asked.reserved:
            await register_quota.count(state.database, caller.insurer(), hour, missed=asked.missed)


async def _attempt(
    connection: AsyncConnection, caller: Caller, call: Call, operation: Operation, asked: _Asked
) -> _Result:
    insurer_name = await admit_and_lock(connection, caller, operation.right)
    former = await idempotency.stored_answer(connection, call)
    if former is not None:
        return _Result(former.answer, time.monotonic(), former.ahead)
    decided = operation.decide(await operation.load(connection), asked.register)
    wanted = decision = await take_over(connection, call.insurer_number, decided)
    # Only here: a version is closed by a revision that is newer than itself.
    revision = await store.prepare_revision(connection, call.insurer_number, caller.client_id)
    if not operation.by_second_key:
        decision = await contest(connection, call.insurer_number, wanted, revision)
    await write(connection, decision, revision, insurer_name)
    await operation.keep_word(connection, decision)
    asked.missed = not all(opened.link.is_identified for opened in decision.open)
    await _record(connection, caller, operation, wanted, revision)
    answer = _answer(decision) | await operation.extend(connection, decision)
    await idempotency.store_answer(connection, call, answer, revision)
    published = await store.publish(connection, revision)
    return _Result(answer | {"known_from": published.at}, time.monotonic(), published.ahead)


async def write(connection: AsyncConnection, decision: Decision, revision: int, insurer_name: str) -> None:
    """Write a decision as this revision; what files in preparation prepared for its members is discarded."""
    for entitlement in {touched.entitlement for touched in decision.touched}:
        await store.discard_prepared(connection, entitlement)
    for current in decision.close:
        await store.close_version(connection, current.version, revision)
    for opening in decision.open:
        columns = {
            "entitlement": opening.entitlement,
            "opened_by": revision,
            "insurer_name": insurer_name,
            "person_key": opening.link.person_key,
            "register_match": opening.link.register_match,
            "mismatch": opening.link.mismatch,
            "proposed_key": opening.link.proposed_key,
            "differences": _differences(opening.link) or None,
        }
        await store.open_version(connection, {**opening.content, **columns})


def _answer(decision: Decision) -> dict[str, Any]:
    """Return the answer as JSON values without `known_from`. It contains no personal data."""
    content, lost_on = decision.reported.content, decision.reported.content["lost_on"]
    return {
        "enrolment_id": str(decision.enrolment_id),
        "match": decision.reported.link.register_match.value,
        "differences": _differences(decision.reported.link),
        "acquired_on": content["acquired_on"].isoformat(),
        "lost_on": lost_on.isoformat() if lost_on is not None else None,
    }


def _differences(link: Link) -> list[dict[str, Any]]:
    return [difference.model_dump(mode="json") for difference in link.differences]


async def _record(
    connection: AsyncConnection, caller: Caller, operation: Operation, decision: Decision, revision: int
) -> None:
    """Append one audit record of the change, for the person whose enrolment it changes, contested or not."""
    links = [touched.link for touched in decision.touched]
    values: dict[str, Any] = {
        "kind": operation.kind,
        "outcome": "done",
        "client_id": caller.client_id,
        "insurer_number": caller.insurer_number,
        "person_key": next((link.person_key for link in links if link.person_key is not None), None),
        "detail": {"revision": revision}
        | ({"reason": operation.reason} if operation.reason is not None else {}),
    }
    await store.record(connection, values)
