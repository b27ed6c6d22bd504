"""The job that sends webhooks: finds events, and sends each webhook's in order, many webhooks at a time.

An event is sent until the target accepts it or its time is over; a crash between the target's answer and the commit sends
it again, with the same id. A webhook that waits for a slow target occupies one of many places, and no other webhook waits
for it.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from eligibility_api.contract.webhook_signatures import signed_headers
from eligibility_api.database.connections import Database
from eligibility_api.domain.webhooks import judge
from eligibility_api.platform.clock import Clock
from eligibility_api.webhooks import deliveries
from eligibility_api.webhooks.connection import Connector, make_connector
from eligibility_api.webhooks.deliveries import Due
from eligibility_api.webhooks.fhir_message import fhir_message
from eligibility_api.webhooks.messages import WaitingEvent, standard_message
from eligibility_api.webhooks.outbox import Outbox
from eligibility_api.webhooks.secrets import decrypt_secret
from eligibility_api.webhooks.store import target_entries

log = structlog.get_logger()

PLACES = 64
"""Webhooks to which messages are sent at the same time."""

CONNECTIONS = 3
"""Connections to the database for all places together: nobody holds one while a target answers."""

_IDLE_SECONDS = 0.25


@dataclass(frozen=True, slots=True)
class SenderContext:
    """Dependencies of the sender: `key` encrypts the secrets; the database connects under the role `shikaku_jobs`."""

    database: Database
    clock: Clock
    key: bytes
    connector: Connector


class Sender:
    """Sends what is due; see `start_due`."""

    def __init__(self, context: SenderContext, *, places: int = PLACES) -> None:
        self._context = context
        self._places = places
        self._running: set[asyncio.Task[None]] = set()
        self._transactions = asyncio.Semaphore(CONNECTIONS)

    async def start_due(self) -> int:
        """Begin to send to the webhooks that are due, as far as there are places. Returns how many began."""
        free = self._places - len(self._running)
        if free <= 0:
            return 0
        async with self._transaction() as connection:
            taken = await deliveries.take(connection, self._context.clock(), free)
            entries = await target_entries(connection) if taken else {}
        for webhook_id in taken:
            task = asyncio.create_task(self._attempt(webhook_id, entries))
            self._running.add(task)
            task.add_done_callback(self._running.discard)
        return len(taken)

    async def wait(self, seconds: float) -> bool:
        """Wait until something that is being sent has ended, for so long: its webhook may be due again.

        Returns whether anything was being sent.
        """
        if not self._running:
            return False
        await asyncio.wait(self._running, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        return True

    async def finish(self) -> None:
        """Wait for what is being sent."""
        while self._running:
            await asyncio.wait(self._running)

    async def stop(self) -> None:
        """Break off what is being sent; it is sent again when its reservation ends."""
        for task in self._running:
            task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self.finish()

    async def _attempt(self, webhook_id: UUID, entries: Mapping[str, bool]) -> None:
        try:
            await self._deliver(webhook_id, entries)
        except Exception as error:
            # It is due again when its reservation ends.
            code = getattr(error, "code", "")
            log.warning("webhook_failed", code=code, cause=type(error).__name__, exc_info=error)

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[AsyncConnection]:
        async with self._transactions, self._context.database.transaction() as connection:
            yield connection

    async def _deliver(self, webhook_id: UUID, entries: Mapping[str, bool]) -> None:
        context = self._context
        async with self._transaction() as connection:
            due = await deliveries.read(connection, webhook_id)
            if due is None:
                return
            if due.is_open and not due.is_admitted:
                await deliveries.disable(connection, webhook_id, "closed", context.clock())
            if not due.is_open or not due.is_admitted or due.event is None:
                await deliveries.fail_waiting(connection, due, context.clock())
                return
        event = due.event
        headers, body = self._message(due, event)
        attempt = await context.connector.send(due.url, entries, headers, body)
        now = context.clock()
        verdict = judge(
            status=attempt.status, attempts=event.attempts + 1, now=now, failing_since=due.failing_since
        )
        async with self._transaction() as connection:
            await deliveries.conclude(connection, due, event, verdict=verdict, result=attempt.result, now=now)

    def _message(self, due: Due, event: WaitingEvent) -> tuple[dict[str, str], bytes]:
        """Headers and body of the message, signed as of now."""
        now = self._context.clock()
        stored = [due.secret]
        if due.former_secret is not None and due.former_until is not None and now < due.former_until:
            stored.append(due.former_secret)
        secrets = [decrypt_secret(self._context.key, secret, due.webhook_id) for secret in stored]
        message = fhir_message(due.webhook_id, event) if due.format == "fhir" else standard_message(event)
        signed = signed_headers(secrets, str(event.event_id), now, message.body)
        return {"content-type": message.media_type, **signed}, message.body


class WebhookJob:
    """The job of webhooks: finds events, and sends what is due."""

    def __init__(self, outbox: Outbox, sender: Sender) -> None:
        self._outbox = outbox
        self._sender = sender

    @classmethod
    def of(cls, database: Database, clock: Clock, key: bytes) -> WebhookJob:
        """The job of a process; `key` encrypts the secrets."""
        context = SenderContext(database, clock, key, make_connector())
        return cls(Outbox(database, clock), Sender(context))

    async def run_step(self) -> bool:
        """Queue the next events and begin to send. Returns whether there was anything to do."""
        more = await self._outbox.run_step()
        began = await self._sender.start_due()
        return bool(more or began) or await self._sender.wait(_IDLE_SECONDS)
