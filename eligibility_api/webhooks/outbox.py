"""Finds new events in the audit record and queues each for the webhooks that want it, as the role `shikaku_jobs`.

The audit record is the outbox. What was committed between two snapshots of the database is found as the sequencer finds it
(`audit_log/snapshots.py`): a record with a lower id that is committed later is not missed. One transaction queues the events
and moves the position, so that each is queued once.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from eligibility_api.audit_log.snapshots import Range, Snapshot, ended_between
from eligibility_api.contract.webhooks import FACILITY_EVENTS
from eligibility_api.database.connections import Database
from eligibility_api.domain.webhooks import event_of
from eligibility_api.platform.clock import Clock

log = structlog.get_logger()

CHUNK = 2_000
"""Records read at a time, of each range of transactions; a transaction's records are never divided."""

_MAX_UNMOVED = 10_000
"""Transactions without any record after which the position is moved: moving it is a transaction too."""

_POSITION = text("""
SELECT p.cluster, p.snapshot::text AS snapshot, p.firsts, p.ends,
       (SELECT system_identifier FROM pg_control_system()) AS present_cluster, pg_current_snapshot()::text AS present
FROM webhook_position p WHERE only_row FOR UPDATE SKIP LOCKED
""")

_MOVE = text("""
UPDATE webhook_position
SET cluster = :cluster, snapshot = CAST(CAST(:snapshot AS text) AS pg_snapshot), firsts = :firsts, ends = :ends
WHERE only_row
""")

# After the snapshot was taken: a webhook that is not seen here was made after everything that the snapshot sees.
_HAS_WEBHOOKS = text("""
SELECT EXISTS (SELECT FROM webhook WHERE insurer_number >= '' AND deleted_at IS NULL ORDER BY insurer_number LIMIT 1)
    OR EXISTS (SELECT FROM webhook WHERE institution_code >= '' AND deleted_at IS NULL ORDER BY institution_code LIMIT 1)
""")

_RECORDS = text("""
SELECT * FROM webhook_records(:firsts, :ends, CAST(CAST(:upto AS text) AS pg_snapshot), :max_records)
""")

_ENQUEUE = text("""
WITH event AS (
    SELECT * FROM unnest(CAST(:ids AS uuid[]), CAST(:types AS text[]), CAST(:instants AS timestamptz[]), CAST(:data AS jsonb[]),
                         CAST(:insurers AS text[]), CAST(:facilities AS text[]))
                  WITH ORDINALITY AS e (event_id, type, occurred_at, data, insurer_number, institution_code, place)
),
wanted AS (
    SELECT e.*, w.webhook_id FROM event e
    CROSS JOIN LATERAL (
        SELECT i.webhook_id, i.events, i.created_at FROM webhook i
        WHERE i.insurer_number = e.insurer_number AND i.deleted_at IS NULL AND i.disabled_at IS NULL
        UNION ALL
        SELECT f.webhook_id, f.events, f.created_at FROM webhook f
        WHERE f.institution_code = e.institution_code AND f.deleted_at IS NULL AND f.disabled_at IS NULL
    ) w
    WHERE w.created_at <= e.occurred_at AND coalesce(e.type = ANY (w.events), true)
),
queued AS (
    INSERT INTO webhook_delivery (webhook_id, event_id, type, occurred_at, data)
    SELECT webhook_id, event_id, type, occurred_at, data FROM wanted ORDER BY place
    ON CONFLICT DO NOTHING
    RETURNING webhook_id
)
UPDATE webhook SET next_at = coalesce(next_at, :now) WHERE webhook_id = ANY (ARRAY(SELECT webhook_id FROM queued))
""")


@dataclass(frozen=True, slots=True)
class FoundEvent:
    """An event and whose it is: of one insurer, or of one facility."""

    event_id: UUID
    type: str
    occurred_at: datetime
    data: dict[str, Any]
    insurer_number: str | None
    institution_code: str | None


class Outbox:
    """Reads the audit record on from its position; see `run_step`."""

    def __init__(self, database: Database, clock: Clock, *, chunk: int = CHUNK) -> None:
        self._database = database
        self._clock = clock
        self._chunk = chunk

    async def run_step(self) -> bool:
        """Queue the events of the next chunk of records. Returns whether more are left."""
        async with self._database.step() as connection:
            position = (await connection.execute(_POSITION)).one_or_none()
            if position is None:
                return False  # another job runner is reading
            firsts, ends, upto = _next_ranges(position)
            ranges = [Range(first, end) for first, end in zip(firsts, ends, strict=True)]
            rows: Sequence[Row[Any]] = ()
            remaining: list[Range] = []
            if ranges and (await connection.execute(_HAS_WEBHOOKS)).scalar_one():
                rows = await self._read(connection, ranges, upto)
                remaining = _unread(rows, ranges, self._chunk)
                await self._enqueue(connection, [event for row in rows for event in events_of(row)])
            if not ranges or rows or position.firsts or _width(ranges) > _MAX_UNMOVED:
                await _move(connection, position.present_cluster, upto, remaining)
        return bool(remaining)

    async def _read(
        self, connection: AsyncConnection, ranges: Sequence[Range], upto: str
    ) -> Sequence[Row[Any]]:
        parameters = {
            "firsts": [wanted.first for wanted in ranges],
            "ends": [wanted.end for wanted in ranges],
            "upto": upto,
            "max_records": self._chunk,
        }
        return (await connection.execute(_RECORDS, parameters)).all()

    async def _enqueue(self, connection: AsyncConnection, events: Sequence[FoundEvent]) -> None:
        if not events:
            return
        await connection.execute(
            _ENQUEUE,
            {
                "ids": [event.event_id for event in events],
                "types": [event.type for event in events],
                "instants": [event.occurred_at for event in events],
                "data": [json.dumps(event.data) for event in events],
                "insurers": [event.insurer_number for event in events],
                "facilities": [event.institution_code for event in events],
                "now": self._clock(),
            },
        )


async def _move(connection: AsyncConnection, cluster: int, snapshot: str, remaining: Sequence[Range]) -> None:
    parameters = {
        "cluster": cluster,
        "snapshot": snapshot,
        "firsts": [unread.first for unread in remaining],
        "ends": [unread.end for unread in remaining],
    }
    await connection.execute(_MOVE, parameters)


def _width(ranges: Sequence[Range]) -> int:
    return sum(found.end - found.first for found in ranges)


def _next_ranges(position: Row[Any]) -> tuple[list[int], list[int], str]:
    """The ranges of transactions to read, and the snapshot that says which of them had ended."""
    if position.firsts:
        return position.firsts, position.ends, position.snapshot
    present: str = position.present
    if position.snapshot is None or position.cluster != position.present_cluster:
        if position.snapshot is not None:
            log.warning("webhooks_begin_anew")
        return [], [], present
    former, latter = Snapshot.parse(position.snapshot), Snapshot.parse(present)
    if latter.end < former.end:  # a restored database, whose transactions were counted anew
        log.warning("webhooks_begin_anew")
        return [], [], present
    ranges = ended_between(former, latter)
    return [found.first for found in ranges], [found.end for found in ranges], present


def _unread(rows: Sequence[Row[Any]], ranges: Sequence[Range], chunk: int) -> list[Range]:
    """What is left of the ranges: of those of which a whole chunk was read, the transactions after it."""
    remaining = []
    for number, wanted in enumerate(ranges, start=1):
        read = [row for row in rows if row.range_number == number]
        if read and read[-1].records_read >= chunk and read[-1].written_by + 1 < wanted.end:
            remaining.append(Range(read[-1].written_by + 1, wanted.end))
    return remaining


def events_of(row: Row[Any]) -> list[FoundEvent]:
    """The event that a row of `webhook_records` is; none if its record is of another kind or outcome."""
    event = event_of(row.kind, row.outcome, by_patient=row.by_patient) if row.is_event else None
    if event is None:
        return []
    data: dict[str, Any] = {}
    if row.upload_id is not None:
        data["upload_id"] = row.upload_id
    if row.enrolment_ids is not None:
        data["enrolment_ids"] = row.enrolment_ids
    if row.permit_id is not None:
        data["consent_id" if event.value.startswith("consent.") else "permit_id"] = row.permit_id
    of_facility = event in FACILITY_EVENTS
    return [
        FoundEvent(
            row.record_id,
            event.value,
            row.recorded_at,
            data,
            None if of_facility else row.insurer_number,
            row.institution_code if of_facility else None,
        )
    ]
