"""Welfare offices register and withdraw medical tickets: one call is one revision, nothing is overwritten.

Which ticket an answer shows is the rule's (`domain.eligibility`): those of the asking institution for the month.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from eligibility_api.contract.codes import InsurerKind, Right
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.contract.member import insurer_kind
from eligibility_api.contract.tickets import (
    TicketInput,
    TicketKey,
    TicketsAnswer,
    TicketsRequest,
    TicketsWithdrawal,
)
from eligibility_api.enrolment import idempotency
from eligibility_api.enrolment.change import admit, until_shown
from eligibility_api.enrolment.idempotency import Call, Former
from eligibility_api.enrolment.store import prepare_revision, publish
from eligibility_api.facilities.caller import Caller
from eligibility_api.state import State
from eligibility_api.tickets import store
from eligibility_api.tickets.store import Held

_CONTENT = {"institution_name", "single_or_combined", "valid_from", "valid_to", "issue_number", "self_pay"}
"""What a ticket says beyond its name."""


@dataclass(frozen=True, slots=True)
class Step:
    """What is done for one ticket: its outcome, the version that ends, what begins."""

    outcome: str
    closes: int | None = None
    opens: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Operation:
    """A kind of call: what is sent, and what is done for each ticket out of what is known for each."""

    kind: str
    request: TicketsRequest | TicketsWithdrawal
    plan: Callable[[Sequence[Held]], list[Step]]


async def register(state: State, caller: Caller, key: str, request: TicketsRequest) -> TicketsAnswer:
    """Register tickets, each new, in place of a former one, or as it was; an unknown recipient's is left out.

    Raises `welfare-office-only`, `client-closed`, `idempotency-key-reused`.
    """

    def plan(found: Sequence[Held]) -> list[Step]:
        return [_registration(ticket, held) for ticket, held in zip(request.tickets, found, strict=True)]

    return await _once(state, caller, key, Operation("tickets.register", request, plan))


async def withdraw(state: State, caller: Caller, key: str, request: TicketsWithdrawal) -> TicketsAnswer:
    """Withdraw tickets; one that is not there is told so. Raises as `register` does."""

    def plan(found: Sequence[Held]) -> list[Step]:
        return [_withdrawal(held) for held in found]

    return await _once(state, caller, key, Operation("tickets.withdraw", request, plan))


async def _once(state: State, caller: Caller, key: str, operation: Operation) -> TicketsAnswer:
    """Carry an operation out, or answer as it was answered before; wait until it shows."""
    call = Call.of(_office(caller), key, operation.kind, operation.request, secret=state.keys.version)
    async with state.database.transaction() as connection:
        await admit(connection, caller)
        told = await idempotency.former(connection, call)
        if told is None:
            told = await _change(connection, caller, call, operation)
        committing = time.monotonic()
    if told.ahead > timedelta():
        await until_shown(committing, told.ahead)
    return TicketsAnswer.model_validate(told.answer)


async def _change(connection: AsyncConnection, caller: Caller, call: Call, operation: Operation) -> Former:
    """One published revision, and what is answered to the call from now on."""
    office = call.insurer_number
    await store.lock_office(connection, office)
    steps = operation.plan(await store.held(connection, office, operation.request.tickets))
    revision = await prepare_revision(connection, office, caller.client_id, kind="tickets")
    touched = await _apply(connection, steps, revision)
    await store.record(
        connection,
        operation.kind,
        touched,
        client_id=caller.client_id,
        office=office,
        revision=revision,
    )
    answer: dict[str, Any] = {"tickets": [{"outcome": step.outcome} for step in steps]}
    await idempotency.keep(connection, call, answer, revision)
    published = await publish(connection, revision)
    return Former(answer | {"known_from": published.at}, published.ahead)


def _office(caller: Caller) -> str:
    """The caller's number. Raises `right-missing`, and `welfare-office-only` for any other insurer."""
    caller.need(Right.ENROLMENT)
    if insurer_kind(caller.insurer()) is not InsurerKind.WELFARE_OFFICE:
        raise ShikakuError("welfare-office-only")
    return caller.insurer()


def _registration(ticket: TicketInput, held: Held) -> Step:
    if held.entitlement is None:
        return Step("ticket-recipient-unknown")
    content = ticket.model_dump(include=_CONTENT)
    content["institution_name"] = ticket.institution_name or held.facility_name
    if held.version is not None and held.content == content:
        return Step("unchanged")
    outcome = "registered" if held.version is None else "replaced"
    return Step(outcome, held.version, content | _name(ticket) | {"entitlement": held.entitlement})


def _name(ticket: TicketKey) -> dict[str, Any]:
    name = ticket.model_dump(include={"institution_code", "ticket_type", "treatment"})
    return name | {"month": ticket.first_day}


def _withdrawal(held: Held) -> Step:
    if held.entitlement is None:
        return Step("ticket-recipient-unknown")
    return Step("ticket-unknown") if held.version is None else Step("withdrawn", held.version)


async def _apply(connection: AsyncConnection, steps: Sequence[Step], revision: int) -> list[int]:
    """Close and open what the steps say; the versions opened, or else those withdrawn."""
    closes = [step.closes for step in steps if step.closes is not None]
    opens = [step.opens | {"opened_by": revision} for step in steps if step.opens is not None]
    if closes:
        await store.close(connection, closes, revision)
    return await store.open_versions(connection, opens) if opens else closes
