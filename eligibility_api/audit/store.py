"""SQL that reads the records of answers, and the versions that they name."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import fields
from typing import Any
from uuid import UUID

from sqlalchemy import Row, insert, text
from sqlalchemy.ext.asyncio import AsyncConnection

from eligibility_api.audit_log.tables import AuditRecord
from eligibility_api.clients.caller import Caller
from eligibility_api.contract.codes import Right
from eligibility_api.database.columns import table_of
from eligibility_api.domain.enrolment_version import EnrolmentVersion
from eligibility_api.domain.recorded_answers import RecordedAnswer
from eligibility_api.eligibility.tickets import tickets_named
from eligibility_api.eligibility.versions import ENROLMENT_COLUMNS, enrolment_version

RECORD = table_of(AuditRecord)

CHUNK = 500
"""Records read at a time: all records of a country do not fit into memory."""

_ANSWERS = text("""
SELECT record_id, recorded_at, kind, facility_kind, institution_code, person_key, as_of, enrolments, matched_entitlements,
       tickets, consents, rule_version, known_version, detail ->> 'certificate' AS certificate
FROM audit_record
WHERE kind LIKE 'eligibility.%' AND outcome = 'answered' AND record_id > :after AND record_id <= :last
ORDER BY record_id
LIMIT :chunk
""")

_OWN = text("""
SELECT t.client_id IS NOT NULL AS admitted, r.*
FROM (VALUES (true)) AS always (one)
LEFT JOIN (
    SELECT c.client_id
    FROM client c JOIN facility f USING (institution_code)
    WHERE c.client_id = :client_id AND :right = ANY (c.rights) AND c.closed_at IS NULL AND f.closed_at IS NULL
) t ON true
LEFT JOIN LATERAL answer_record(:record_id, :institution_code) r ON t.client_id IS NOT NULL
""")

_VERSIONS = text(f"""
SELECT {ENROLMENT_COLUMNS}, {tickets_named(":tickets")}
FROM enrolment e JOIN revision o ON o.revision = e.opened_by
WHERE e.version = ANY (:versions)
""")  # noqa: S608 - constants of the store, no values

_PURGED = text("SELECT version FROM purged_version WHERE version = ANY (:versions)")

_ALL = UUID(int=0), UUID(int=2**128 - 1)
"""Bounds before and after every record id."""

Record = Row[tuple[Any, ...]]
"""The record of an answer: the request, and the versions that were read."""


async def answers(
    connection: AsyncConnection, record_id: UUID | None = None
) -> AsyncIterator[Sequence[Record]]:
    """Return the records of all answers (or the one of `record_id`) in order, in chunks."""
    after, last = _ALL if record_id is None else (UUID(int=max(record_id.int - 1, 0)), record_id)
    while True:
        parameters = {"after": after, "last": last, "chunk": CHUNK}
        chunk = (await connection.execute(_ANSWERS, parameters)).all()
        if not chunk:
            return
        yield chunk
        after = chunk[-1].record_id


async def own_answer(connection: AsyncConnection, caller: Caller, record_id: UUID) -> Record:
    """Return whether the caller is still admitted, and the record of an answer to its facility, or nulls."""
    parameters = {
        "client_id": caller.client_id,
        "right": Right.ELIGIBILITY.value,
        "record_id": record_id,
        "institution_code": caller.institution(),
    }
    return (await connection.execute(_OWN, parameters)).one()


_RECORDED = tuple(field.name for field in fields(RecordedAnswer))


def recorded(row: Record) -> RecordedAnswer:
    """Return the recorded answer of a row of `answers` or `own_answer`."""
    values = {name: getattr(row, name) for name in _RECORDED}
    return RecordedAnswer(**values | {"record_id": str(row.record_id)})


async def versions(
    connection: AsyncConnection, records: Sequence[RecordedAnswer]
) -> dict[int, EnrolmentVersion]:
    """Return every version that the records name, by its number, with the tickets that they name."""
    named = {version for record in records for version in record.enrolments or ()}
    tickets = {ticket for record in records for ticket in record.tickets or ()}
    parameters = {"versions": sorted(named), "tickets": sorted(tickets)}
    rows = (await connection.execute(_VERSIONS, parameters)).mappings()
    return {row["version"]: enrolment_version(row) for row in rows}


async def purged(connection: AsyncConnection, versions: Iterable[int]) -> set[int]:
    """Return those of the versions that were purged (rule T9)."""
    return set((await connection.execute(_PURGED, {"versions": sorted(versions)})).scalars())


async def record(connection: AsyncConnection, values: dict[str, Any]) -> None:
    """Append an audit record."""
    await connection.execute(insert(RECORD).values(**values))
