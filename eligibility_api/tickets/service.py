"""Registration and withdrawal of medical tickets by welfare offices: one call is one revision.

The rules decide which tickets an answer shows (`domain.eligibility`): those of the asking institution for the
month.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from eligibility_api.clients.caller import Caller
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
from eligibility_api.enrolment.change import admit_and_lock, wait_until_visible
from eligibility_api.enrolment.idempotency import Call, StoredAnswer
from eligibility_api.enrolment.store import prepare_revision, publish
from eligibility_api.state import State
from eligibility_api.tickets import store
from eligibility_api.tickets.store import CurrentTicket

_CONTENT = {"institution_name", "single_or_combined", "valid_from", "valid_to", "issue_number", "self_pay"}
"""The items of a ticket beyond its identifying items."""


@dataclass(frozen=True, slots=True)
class Step:
    """The change of one ticket: its outcome, the version to close, the version to open."""

    outcome: str
    closes: int | None = None
    opens: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Operation:
    """A kind of call: its request, and the plan from the current tickets to one step for each."""

    kind: str
    request: TicketsRequest | TicketsWithdrawal
    plan: Callable[[Sequence[CurrentTicket]], list[Step]]


async def register(state: State, caller: Caller, key: str, request: TicketsRequest) -> TicketsAnswer:
    """Register tickets: new, replaced or unchanged. A ticket of an unknown recipient is left out.

    Raises `welfare-office-only`, `client-closed`, `idempotency-key-reused`.
    """

    def plan(found: Sequence[CurrentTicket]) -> list[Step]:
        return [
            _registration(ticket, current) for ticket, current in zip(request.tickets, found, strict=True)
        ]

    return await _run(state, caller, key, Operation("tickets.register", request, plan))


async def withdraw(state: State, caller: Caller, key: str, request: TicketsWithdrawal) -> TicketsAnswer:
    """Withdraw tickets; an unknown ticket gets an outcome of its own. Raises as `register` does."""

    def plan(found: Sequence[CurrentTicket]) -> list[Step]:
        return [_withdrawal(current) for current in found]

    return await _run(state, caller, key, Operation("tickets.withdraw", request, plan))


async def _run(state: State, caller: Caller, key: str, operation: Operation) -> TicketsAnswer:
    """Run an operation, or return its stored answer; wait until the change is visible."""
    call = Call.of(_office(caller), key, operation.kind, operation.request, secret=state.keys.version)
    async with state.database.transaction() as connection:
        await admit_and_lock(connection, caller)
        stored = await idempotency.stored_answer(connection, call)
        if stored is None:
            stored = await _change(connection, caller, call, operation)
        committing = time.monotonic()
    if stored.ahead > timedelta():
        await wait_until_visible(committing, stored.ahead)
    return TicketsAnswer.model_validate(stored.answer)


async def _change(
    connection: AsyncConnection, caller: Caller, call: Call, operation: Operation
) -> StoredAnswer:
    """Publish one revision, and store and return the answer of the call."""
    office = call.insurer_number
    await store.lock_office(connection, office)
    steps = operation.plan(await store.current_tickets(connection, office, operation.request.tickets))
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
    await idempotency.store_answer(connection, call, answer, revision)
    published = await publish(connection, revision)
    return StoredAnswer(answer | {"known_from": published.at}, published.ahead)


def _office(caller: Caller) -> str:
    """Return the caller's number. Raises `right-missing`, and `welfare-office-only` for any other insurer."""
    caller.require(Right.ENROLMENT)
    if insurer_kind(caller.insurer()) is not InsurerKind.WELFARE_OFFICE:
        raise ShikakuError("welfare-office-only")
    return caller.insurer()


def _registration(ticket: TicketInput, current: CurrentTicket) -> Step:
    if current.entitlement is None:
        return Step("ticket-recipient-unknown")
    content = ticket.model_dump(include=_CONTENT)
    content["institution_name"] = ticket.institution_name or current.facility_name
    if current.version is not None and current.content == content:
        return Step("unchanged")
    outcome = "registered" if current.version is None else "replaced"
    return Step(outcome, current.version, content | _name(ticket) | {"entitlement": current.entitlement})


def _name(ticket: TicketKey) -> dict[str, Any]:
    name = ticket.model_dump(include={"institution_code", "ticket_type", "treatment"})
    return name | {"month": ticket.first_day}


def _withdrawal(current: CurrentTicket) -> Step:
    if current.entitlement is None:
        return Step("ticket-recipient-unknown")
    return Step("ticket-unknown") if current.version is None else Step("withdrawn", current.version)


async def _apply(connection: AsyncConnection, steps: Sequence[Step], revision: int) -> list[int]:
    """Close and open the versions of the steps. Returns the opened versions, or else the closed ones."""
    closes = [step.closes for step in steps if step.closes is not None]
    opens = [step.opens | {"opened_by": revision} for step in steps if step.opens is not None]
    if closes:
        await store.close(connection, closes, revision)
    return await store.open_versions(connection, opens) if opens else closes
