"""The frame of every change of a single member: the call made once, decided on what stands, written as one revision.

A change is a pure decision over what stands and over the resident register's word. J-LIS is asked outside the
transaction, and only where the decision turns out to depend on it: the attempt is given up, J-LIS asked, and one more
made. Two calls with one key wait for each other; whichever is second is answered as the first was.
"""

from __future__ import annotations

import math
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from eligibility_api.contract.codes import Right
from eligibility_api.contract.enrolment import EnrolmentAnswer, Mismatch, RegisterMatch
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.contract.wire import RequestModel
from eligibility_api.domain.membership import CONTENT, IDENTITY, digest
from eligibility_api.domain.timeline import Period
from eligibility_api.enrolment import idempotency, store
from eligibility_api.enrolment.change import admit, until_shown
from eligibility_api.enrolment.idempotency import Call
from eligibility_api.enrolment.linking import Found, Identity, Link, identity_of
from eligibility_api.facilities.caller import Caller
from eligibility_api.state import State

Content = Mapping[str, Any]
"""What an insurer says of a member, by column, with its digest."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A version that stands: what it says, and whose it is held to be."""

    version: int
    entitlement: int
    content: Content
    link: Link

    @classmethod
    def of(cls, row: Any) -> Standing:
        """The version in a row of the store."""
        content = {name: getattr(row, name) for name in CONTENT}
        link = Link(row.person_key, RegisterMatch(row.register_match), Mismatch(row.mismatch))
        return cls(row.version, row.entitlement, content | {"digest": row.digest or digest(content)}, link)

    @property
    def period(self) -> Period:
        """Its days."""
        said = self.content
        return Period(self.version, said["acquired_on"], said["lost_on"], said["digest"])


@dataclass(frozen=True, slots=True)
class Member:
    """An entitlement and all that stands of it, the oldest period first."""

    entitlement: int
    enrolment_id: UUID
    standing: Sequence[Standing]

    @property
    def periods(self) -> list[Period]:
        """The days of what stands."""
        return [standing.period for standing in self.standing]


@dataclass(frozen=True, slots=True)
class Opening:
    """A version that a decision opens."""

    entitlement: int
    content: Content
    link: Link


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What a change closes and opens, and the version that its answer tells of, under its entitlement's id."""

    enrolment_id: UUID
    told: Opening
    close: Sequence[Standing] = ()
    open: Sequence[Opening] = ()

    @property
    def touched(self) -> list[Standing | Opening]:
        """All that is closed, then all that is opened."""
        return [*self.close, *self.open]


class Unasked(Exception):
    """A decision needs the register's word on an identity about which it was not asked yet."""

    def __init__(self, identity: Identity) -> None:
        self.identity = identity
        super().__init__("the register was not asked")


@dataclass(slots=True)
class Register:
    """What the register said during one call."""

    said: dict[Identity, Found] = field(default_factory=dict)

    def found(self, content: Content) -> Found:
        """Its word on a member. Raises Unasked."""
        identity = identity_of(content)
        if identity not in self.said:
            raise Unasked(identity)
        return self.said[identity]


Look = Callable[[AsyncConnection], Awaitable[Sequence[Member | None]]]
Decide = Callable[[Sequence[Member | None], Register], Decision]
More = Callable[[AsyncConnection, Decision], Awaitable[dict[str, Any]]]


async def _nothing_more(_: AsyncConnection, __: Decision) -> dict[str, Any]:
    return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One kind of change: the members it looks at, locked; what it decides; what its answer tells beyond the usual."""

    kind: str
    request: RequestModel
    look: Look
    decide: Decide
    answer: type[EnrolmentAnswer] = EnrolmentAnswer
    more: More = _nothing_more


@dataclass(frozen=True, slots=True)
class _Told:
    answer: dict[str, Any]
    fixed: float
    ahead: timedelta


async def once(state: State, caller: Caller, key: str, operation: Operation) -> EnrolmentAnswer:
    """Make the change, or answer as it was answered before.

    Raises `client-closed`, `idempotency-key-reused`, `register-unavailable`, `mismatch-limit`, and what the decision
    raises.
    """
    caller.need(Right.ENROLMENT)
    call = Call.of(caller.insurer(), key, operation.kind, operation.request, secret=state.keys.version)
    register = Register()
    while True:
        try:
            async with state.database.transaction() as connection:
                told = await _attempt(connection, caller, call, operation, register)
        except Unasked as missing:
            register.said[missing.identity] = await _ask(state, caller, missing.identity)
        else:
            if told.ahead > timedelta():
                await until_shown(told.fixed, told.ahead)
            return operation.answer.model_validate(told.answer)


async def _ask(state: State, caller: Caller, identity: Identity) -> Found:
    """J-LIS's word, unless the insurer has asked in vain too often: attributes are not to be guessed."""
    limit = state.settings.mismatches_per_hour
    async with state.database.transaction() as connection:
        wait = await store.seconds_to_guess_again(connection, caller.insurer(), limit)
    if wait is not None:
        raise ShikakuError("mismatch-limit", retry_after=math.ceil(wait))
    match, person_key = await state.presence.jlis.match(**dict(zip(IDENTITY, identity, strict=True)))
    return Found(RegisterMatch(match), person_key)


async def _attempt(
    connection: AsyncConnection, caller: Caller, call: Call, operation: Operation, register: Register
) -> _Told:
    insurer_name = await admit(connection, caller)
    former = await idempotency.former(connection, call)
    if former is not None:
        return _Told(former.answer, time.monotonic(), former.ahead)
    decision = operation.decide(await operation.look(connection), register)
    # Only now: a version is closed by a revision that is younger than itself.
    revision = await store.prepare_revision(connection, call.insurer_number, caller.client_id)
    await _write(connection, decision, revision, insurer_name)
    if register.said and decision.told.link.register_match is not RegisterMatch.ONE:
        await store.count_mismatch(connection, call.insurer_number)
    await _record(connection, caller, operation.kind, decision, revision)
    answer = _answer(decision) | await operation.more(connection, decision)
    await idempotency.keep(connection, call, answer, revision)
    published = await store.publish(connection, revision)
    return _Told(answer | {"known_from": published.at}, time.monotonic(), published.ahead)


async def _write(connection: AsyncConnection, decision: Decision, revision: int, insurer_name: str) -> None:
    for entitlement in {touched.entitlement for touched in decision.touched}:
        await store.take_back(connection, entitlement)
    for standing in decision.close:
        await store.close_version(connection, standing.version, revision)
    for opening in decision.open:
        columns = {
            "entitlement": opening.entitlement,
            "opened_by": revision,
            "insurer_name": insurer_name,
            "person_key": opening.link.person_key,
            "register_match": opening.link.register_match,
            "mismatch": opening.link.mismatch,
        }
        await store.open_version(connection, {**opening.content, **columns})


def _answer(decision: Decision) -> dict[str, Any]:
    """The answer as JSON has it, but for `known_from`: it holds nothing personal."""
    content, lost_on = decision.told.content, decision.told.content["lost_on"]
    return {
        "enrolment_id": str(decision.enrolment_id),
        "match": decision.told.link.register_match.value,
        "acquired_on": content["acquired_on"].isoformat(),
        "lost_on": lost_on.isoformat() if lost_on is not None else None,
    }


async def _record(
    connection: AsyncConnection, caller: Caller, kind: str, decision: Decision, revision: int
) -> None:
    """One record of the change, under the person whom it takes from or gives to."""
    links = [touched.link for touched in decision.touched]
    values: dict[str, Any] = {
        "kind": kind,
        "outcome": "done",
        "client_id": caller.client_id,
        "insurer_number": caller.insurer_number,
        "person_key": next((link.person_key for link in links if link.person_key is not None), None),
        "detail": {"revision": revision},
    }
    await store.record(connection, values)
