"""What an insurer or a facility does with its webhooks: make, list, rotate, test, enable, delete, and see what failed."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncConnection

from eligibility_api.clients.caller import Caller
from eligibility_api.clients.store import is_admitted
from eligibility_api.contract.bounds import MAX_STORED_INTEGER
from eligibility_api.contract.codes import Right
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.contract.webhook_signatures import public_key_text, secret_text
from eligibility_api.contract.webhooks import (
    FACILITY_EVENTS,
    INSURER_EVENTS,
    MAX_FAILURES_PER_PAGE,
    MAX_WEBHOOKS,
    Event,
    EventType,
    FailedDeliveries,
    FailedDelivery,
    RequestedTest,
    Webhook,
    WebhookRequest,
    Webhooks,
    WebhookSecret,
    WebhookState,
)
from eligibility_api.domain.webhooks import OVERLAP, TargetFault, entry_for, parse_target
from eligibility_api.state import State
from eligibility_api.web import cursor
from eligibility_api.webhooks import store
from eligibility_api.webhooks.secrets import encrypt_secret, new_secret

MAX_WAITING = 100
"""Events that may wait for a webhook when a test is asked for."""


async def create(
    state: State, caller: Caller, request: WebhookRequest, form: str = "standard"
) -> WebhookSecret:
    """Make a webhook, and return its secret this once.

    Raises `client-closed`, `right-missing` for events that are not the caller's, `webhook-target`, `webhook-limit`.
    """
    _check_events(caller, request.events)
    webhook_id, secret = uuid4(), new_secret()
    async with _admitted(state, caller) as connection:
        await _check_target(connection, request.url)
        await store.lock_owner(connection, caller)
        if len(await store.own(connection, caller)) >= MAX_WEBHOOKS:
            raise ShikakuError("webhook-limit")
        values = {
            "webhook_id": webhook_id,
            "insurer_number": caller.insurer_number,
            "institution_code": caller.institution_code,
            "client_id": caller.client_id,
            "url": request.url,
            "events": request.events and sorted(set(request.events)),
            "format": form,
            "secret": encrypt_secret(state.keys.webhook, secret, webhook_id),
        }
        await store.add(connection, values)
        await _record(connection, caller, "webhook.created", webhook_id)
        row = await _own(connection, caller, webhook_id)
    return _with_secret(row, secret)


async def listed(state: State, caller: Caller) -> Webhooks:
    """The caller's webhooks. Raises `client-closed`."""
    async with _admitted(state, caller) as connection:
        return Webhooks(webhooks=[shown(row) for row in await store.own(connection, caller)])


async def one(state: State, caller: Caller, webhook_id: UUID, *, form: str) -> Webhook:
    """One of the caller's webhooks whose messages have this form. Raises `client-closed`, `not-found`."""
    async with _admitted(state, caller) as connection:
        row = await _own(connection, caller, webhook_id)
    if row.format != form:
        raise ShikakuError("not-found")
    return shown(row)


async def rotate(state: State, caller: Caller, webhook_id: UUID) -> WebhookSecret:
    """Give a webhook a new secret; messages are signed with the former one too for a day (rule E8).

    Raises `client-closed`, `not-found`.
    """
    secret = new_secret()
    async with _admitted(state, caller) as connection:
        row = await _own(connection, caller, webhook_id)
        values = {
            "secret": encrypt_secret(state.keys.webhook, secret, webhook_id),
            "former_secret": row.secret,
            "former_until": state.clock() + OVERLAP,
        }
        await store.change(connection, webhook_id, values)
        await _record(connection, caller, "webhook.rotated", webhook_id)
        row = await _own(connection, caller, webhook_id)
    return _with_secret(row, secret)


async def remove(state: State, caller: Caller, webhook_id: UUID) -> None:
    """Delete a webhook; what waits is not sent. Raises `client-closed`, `not-found`."""
    async with _admitted(state, caller) as connection:
        await _own(connection, caller, webhook_id)
        nothing = {"secret": b"", "former_secret": None, "former_until": None, "next_at": None}
        await store.change(connection, webhook_id, {"deleted_at": func.now(), **nothing})
        await _record(connection, caller, "webhook.deleted", webhook_id)


async def enable(state: State, caller: Caller, webhook_id: UUID) -> Webhook:
    """Send events to a disabled webhook again, from now on. Raises `client-closed`, `not-found`."""
    async with _admitted(state, caller) as connection:
        row = await _own(connection, caller, webhook_id)
        if row.disabled_at is not None:
            # What still waits is sent; whose client made it is checked again.
            values = {
                "disabled_at": None,
                "disabled_because": None,
                "failing_since": None,
                "next_at": func.now(),
            }
            await store.change(connection, webhook_id, values | {"client_id": caller.client_id})
            await _record(connection, caller, "webhook.enabled", webhook_id)
        return shown(await _own(connection, caller, webhook_id))


async def send_test(state: State, caller: Caller, webhook_id: UUID) -> RequestedTest:
    """Let an event of the type `test` be sent, after those that wait.

    Raises `client-closed`, `not-found`, also for a disabled webhook, `webhook-limit` if many events wait.
    """
    async with _admitted(state, caller) as connection:
        row = await _own(connection, caller, webhook_id)
        if row.disabled_at is not None:
            raise ShikakuError("not-found")
        if await store.waiting(connection, webhook_id, MAX_WAITING) >= MAX_WAITING:
            raise ShikakuError("webhook-limit")
        return RequestedTest(event_id=await store.add_test(connection, webhook_id))


async def failed(state: State, caller: Caller, webhook_id: UUID, after: str | None) -> FailedDeliveries:
    """What was not accepted, newest first. Raises `client-closed`, `not-found`, `cursor-invalid`."""
    before = MAX_STORED_INTEGER if after is None else cursor.decode_number(after)
    async with _admitted(state, caller) as connection:
        await _own(connection, caller, webhook_id)
        rows = await store.failures(connection, webhook_id, before, MAX_FAILURES_PER_PAGE + 1)
    page = rows[:MAX_FAILURES_PER_PAGE]
    following = cursor.encode(page[-1].delivery_id) if len(rows) > len(page) else None
    return FailedDeliveries(failures=[_failure(row) for row in page], next=following)


async def latest(state: State, limit: int) -> list[dict[str, Any]]:
    """The latest events of everybody's webhooks, newest first: for a sandbox's console."""
    async with state.database.transaction() as connection:
        return [dict(row._mapping) for row in await store.latest(connection, limit)]


@asynccontextmanager
async def _admitted(state: State, caller: Caller) -> AsyncIterator[AsyncConnection]:
    """A transaction of an admitted client with one of the rights. Raises `client-closed`, `right-missing`."""
    caller.require(Right.ENROLMENT if caller.insurer_number is not None else Right.CONSENT)
    async with state.database.transaction() as connection:
        if not await is_admitted(connection, caller.client_id):
            raise ShikakuError("client-closed")
        yield connection


async def _own(connection: AsyncConnection, caller: Caller, webhook_id: UUID) -> Any:
    row = await store.lock(connection, caller, webhook_id)
    if row is None:
        raise ShikakuError("not-found")
    return row


def _check_events(caller: Caller, events: tuple[EventType, ...] | None) -> None:
    own = INSURER_EVENTS if caller.insurer_number is not None else FACILITY_EVENTS
    if not own.union({EventType.TEST}).issuperset(events or ()):
        raise ShikakuError("right-missing")


async def _check_target(connection: AsyncConnection, url: str) -> None:
    try:
        entry = entry_for(parse_target(url), await store.target_entries(connection))
    except TargetFault:
        entry = None
    if entry is None:
        raise ShikakuError("webhook-target")


async def _record(connection: AsyncConnection, caller: Caller, kind: str, webhook_id: UUID) -> None:
    await store.record(connection, caller, kind, json.dumps({"webhook": str(webhook_id)}))


def shown(row: Any) -> Webhook:
    """A webhook as its owner sees it."""
    return Webhook(
        webhook_id=row.webhook_id,
        url=row.url,
        events=row.events,
        state=WebhookState.ACTIVE if row.disabled_at is None else WebhookState.DISABLED,
        created_at=row.created_at,
        disabled_at=row.disabled_at,
        disabled_because=row.disabled_because,
        former_secret_until=row.former_until,
    )


def _with_secret(row: Any, secret: bytes) -> WebhookSecret:
    return WebhookSecret(webhook=shown(row), secret=secret_text(secret), public_key=public_key_text(secret))


def _failure(row: Any) -> FailedDelivery:
    return FailedDelivery(
        event_id=row.event_id,
        event=Event(type=row.type, timestamp=row.occurred_at, data=row.data),
        attempts=row.attempts,
        last_attempt_at=row.last_attempt_at,
        last_result=row.last_result,
        failed_at=row.ended_at,
    )
