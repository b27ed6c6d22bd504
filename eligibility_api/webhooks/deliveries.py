"""SQL of the sender, as the role `shikaku_jobs`: which webhooks are due, and what came of an attempt."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from eligibility_api.audit_log.acts import record_act
from eligibility_api.domain.webhooks import ANSWER_SECONDS, Step, Verdict
from eligibility_api.webhooks.messages import WaitingEvent

RESERVED = timedelta(seconds=ANSWER_SECONDS + 20)
"""For so long a webhook is nobody else's: longer than an attempt and its statements. After a crash it is due again then."""

KEPT_DELIVERED = timedelta(days=7)
KEPT_FAILED = timedelta(days=30)

MAX_FAILED_TOGETHER = 1_000
"""Waiting events of a disabled webhook that are listed as failed in one transaction."""

# The due time is the reservation: who takes a webhook moves it ahead.
_TAKE = text("""
WITH due AS (
    SELECT webhook_id FROM webhook WHERE next_at <= :now ORDER BY next_at LIMIT :places FOR UPDATE SKIP LOCKED
)
UPDATE webhook SET next_at = :until WHERE webhook_id = ANY (ARRAY(SELECT webhook_id FROM due))
RETURNING webhook_id
""")

_READ = text("""
SELECT w.*, c.closed_at IS NULL AND f.closed_at IS NULL AS admitted,
       d.delivery_id, d.event_id, d.type, d.occurred_at, d.data, d.attempts
FROM webhook w
JOIN client c ON c.client_id = w.client_id
LEFT JOIN facility f ON f.institution_code = w.institution_code
LEFT JOIN LATERAL (
    SELECT * FROM webhook_delivery x WHERE x.webhook_id = w.webhook_id AND x.state = 'waiting' ORDER BY x.delivery_id LIMIT 1
) d ON true
WHERE w.webhook_id = :webhook_id
""")

# First the lock, then what is read under it: an event that is queued meanwhile is either seen, or sets `next_at` again.
_LOCK = text("SELECT FROM webhook WHERE webhook_id = :webhook_id FOR UPDATE")

_ATTEMPTED = text("""
UPDATE webhook_delivery
SET attempts = attempts + 1, last_attempt_at = :now, last_result = :result, state = :state, ended_at = :ended_at,
    kept_until = :kept_until
WHERE delivery_id = :delivery_id AND state = 'waiting'
""")

_FAIL_WAITING = text("""
UPDATE webhook_delivery SET state = 'failed', ended_at = :now, kept_until = :kept_until
WHERE delivery_id = ANY (ARRAY(
    SELECT delivery_id FROM webhook_delivery WHERE webhook_id = :webhook_id AND state = 'waiting' ORDER BY delivery_id LIMIT :places
))
""")

_DISABLE = text("""
UPDATE webhook SET disabled_at = :now, disabled_because = :because
WHERE webhook_id = :webhook_id AND disabled_at IS NULL
RETURNING insurer_number, institution_code
""")

_NEXT = text("""
UPDATE webhook
SET failing_since = :failing_since,
    next_at = CASE WHEN EXISTS (SELECT FROM webhook_delivery d WHERE d.webhook_id = :webhook_id AND d.state = 'waiting')
                   THEN CAST(:next_at AS timestamptz) END
WHERE webhook_id = :webhook_id
""")


@dataclass(frozen=True, slots=True)
class Due:
    """A reserved webhook, and its oldest waiting event, if any."""

    webhook_id: UUID
    url: str
    format: str
    secret: bytes
    former_secret: bytes | None
    former_until: datetime | None
    failing_since: datetime | None
    is_open: bool
    """Neither deleted nor disabled, and the client that made it is still admitted."""
    is_admitted: bool
    event: WaitingEvent | None

    @classmethod
    def of(cls, row: Any) -> Due:
        """From a row of the statement."""
        event = None
        if row.delivery_id is not None:
            event = WaitingEvent(
                row.delivery_id, row.event_id, row.type, row.occurred_at, row.data, row.attempts
            )
        return cls(
            webhook_id=row.webhook_id,
            url=row.url,
            format=row.format,
            secret=row.secret,
            former_secret=row.former_secret,
            former_until=row.former_until,
            failing_since=row.failing_since,
            is_open=row.deleted_at is None and row.disabled_at is None,
            is_admitted=row.admitted,
            event=event,
        )


async def take(connection: AsyncConnection, now: datetime, places: int) -> list[UUID]:
    """Reserve the webhooks that have been due longest."""
    parameters = {"now": now, "until": now + RESERVED, "places": places}
    return list((await connection.execute(_TAKE, parameters)).scalars())


async def read(connection: AsyncConnection, webhook_id: UUID) -> Due | None:
    """A webhook with its oldest waiting event; None if it was purged."""
    row = (await connection.execute(_READ, {"webhook_id": webhook_id})).one_or_none()
    return None if row is None else Due.of(row)


async def conclude(
    connection: AsyncConnection,
    due: Due,
    event: WaitingEvent,
    *,
    verdict: Verdict,
    result: str,
    now: datetime,
) -> None:
    """Store what came of an attempt: of its event, and when the webhook is due next."""
    await connection.execute(_LOCK, {"webhook_id": due.webhook_id})
    ended = verdict.step is not Step.RETRY
    kept = KEPT_DELIVERED if verdict.step is Step.ACCEPTED else KEPT_FAILED
    values = {
        "delivery_id": event.delivery_id,
        "now": now,
        "result": result,
        "state": {Step.ACCEPTED: "delivered", Step.RETRY: "waiting"}.get(verdict.step, "failed"),
        "ended_at": now if ended else None,
        "kept_until": now + kept if ended else None,
    }
    await connection.execute(_ATTEMPTED, values)
    if verdict.step is Step.DISABLED:
        await disable(connection, due.webhook_id, verdict.because or "", now)
    await _set_next(connection, due, verdict.next_at or now, verdict.failing_since)


async def disable(connection: AsyncConnection, webhook_id: UUID, because: str, now: datetime) -> None:
    """Disable a webhook, with an audit record, unless it is disabled."""
    parameters = {"webhook_id": webhook_id, "because": because, "now": now}
    row = (await connection.execute(_DISABLE, parameters)).one_or_none()
    if row is not None:
        detail = {"webhook": str(webhook_id), "because": because}
        await record_act(connection, "webhook.disabled", detail, **row._mapping)


async def fail_waiting(connection: AsyncConnection, due: Due, now: datetime) -> None:
    """List some of what waits as failed: the webhook is deleted or disabled."""
    await connection.execute(_LOCK, {"webhook_id": due.webhook_id})
    parameters = {
        "webhook_id": due.webhook_id,
        "now": now,
        "kept_until": now + KEPT_FAILED,
        "places": MAX_FAILED_TOGETHER,
    }
    await connection.execute(_FAIL_WAITING, parameters)
    await _set_next(connection, due, now, due.failing_since)


async def _set_next(
    connection: AsyncConnection, due: Due, next_at: datetime, failing_since: datetime | None
) -> None:
    parameters = {"webhook_id": due.webhook_id, "next_at": next_at, "failing_since": failing_since}
    await connection.execute(_NEXT, parameters)
