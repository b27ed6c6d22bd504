"""SQL of the insurers' back office, each statement restricted to one insurer's members."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from eligibility_api.enrolment.known import KNOWN_NOW, NOT_SUPERSEDED, days_of
from eligibility_api.enrolment.store import PUBLISHING_LOCKS
from eligibility_api.web.cursor import Position

Rows = Sequence[Row[Any]]


def _waits(version: str) -> str:
    """Whether a version (an alias) waits for the insurer's word: an open mismatch, or a proposal (R8).

    The condition of the index `enrolment_waiting`. A proposal waits in a confirmed member too.
    """
    return f"({version}.mismatch = 'open' OR {version}.proposed_key IS NOT NULL)"


# A mismatch keeps its place in the queue when the period gets a new version: it is as old as the first
# version of the period that had it, unless a version in between had none.
_MISMATCHES = text(f"""
WITH own AS MATERIALIZED (
    -- From the insurer's revisions, and not from every insurer's mismatches.
    SELECT revision FROM revision WHERE insurer_number = :insurer AND published_at <= now()
),
waiting AS (
    SELECT e.version, e.entitlement, e.register_match, e.mismatch, coalesce(e.differences, '[]') AS differences, e.symbol, e.number, e.branch, e.birth_date, e.acquired_on,
           e.lost_on, o.published_at
    FROM own
    CROSS JOIN LATERAL (
        SELECT * FROM enrolment v WHERE v.opened_by = own.revision AND {_waits("v")} OFFSET 0
    ) e
    {KNOWN_NOW}
    WHERE {NOT_SUPERSEDED}
),
queue AS (
    SELECT w.*, (
        SELECT min(p.published_at)
        -- By the entitlement, and not from every insurer's mismatches.
        FROM (SELECT * FROM enrolment x WHERE x.entitlement = w.entitlement OFFSET 0) v
        JOIN revision p ON p.revision = v.opened_by
        WHERE v.acquired_on = w.acquired_on AND {_waits("v")}
          AND v.closed_by IS DISTINCT FROM v.opened_by
          AND p.published_at > coalesce((
              SELECT max(q.published_at)
              FROM enrolment u JOIN revision q ON q.revision = u.opened_by
              WHERE u.entitlement = w.entitlement AND u.acquired_on = w.acquired_on AND NOT {_waits("u")}
                AND u.closed_by IS DISTINCT FROM u.opened_by AND q.published_at <= w.published_at
          ), '-infinity')
    ) AS since
    FROM waiting w
)
SELECT q.*, t.enrolment_id::text AS enrolment_id
FROM queue q JOIN entitlement t USING (entitlement)
WHERE (q.since, q.version) > (CAST(:since AS timestamptz), CAST(:version AS bigint))
ORDER BY q.since, q.version
LIMIT :limit
""")  # noqa: S608 - constants of the store, no values

_CLAIMED_ELSEWHERE = text("""
SELECT t.enrolment_id::text AS enrolment_id, v.symbol, v.number, v.branch, v.birth_date, c.since
FROM (SELECT c.entitlement, max(r.published_at) AS since
      FROM contested_claim c JOIN revision r ON r.revision = c.revision
      WHERE c.insurer_number = :insurer AND r.published_at <= now() AND r.published_at > now() - interval '90 days'
      GROUP BY c.entitlement) c
JOIN entitlement t ON t.entitlement = c.entitlement
CROSS JOIN LATERAL (SELECT e.symbol, e.number, e.branch, e.birth_date FROM enrolment e
                    WHERE e.entitlement = c.entitlement ORDER BY e.version DESC LIMIT 1) v
ORDER BY c.since DESC, c.entitlement
LIMIT :limit
""")

_ENTITLEMENT = text("""
SELECT entitlement, enrolment_id FROM entitlement WHERE enrolment_id = :enrolment_id AND insurer_number = :insurer
""")

_VERSIONS_OF_PERSONS = text("""
SELECT version FROM enrolment WHERE entitlement = :entitlement AND person_key = ANY (CAST(:person_keys AS bytea[]))
""")

# A publisher holds this lock from fixing an instant until its commit: once acquired, all visible changes are
# committed.
_AWAIT_PUBLISHERS = text(f"SELECT pg_advisory_xact_lock({PUBLISHING_LOCKS}, hashtext(:insurer))")

# A version that was discarded before its file was published was never known: one revision opened and closed
# it.
_CHANGES = text("""
SELECT r.published_at AS known_from, r.revision, r.kind, x.version, x.event, t.enrolment_id::text AS enrolment_id
FROM revision r
CROSS JOIN LATERAL (
    SELECT CASE WHEN (r.published_at, r.revision) = (CAST(:at AS timestamptz), CAST(:revision AS bigint))
                THEN CAST(:version AS bigint) ELSE 0 END AS after
) past
CROSS JOIN LATERAL (
    (SELECT version, entitlement, 'opened' AS event FROM enrolment
     WHERE opened_by = r.revision AND version > past.after AND closed_by IS DISTINCT FROM opened_by
     ORDER BY version LIMIT :limit)
    UNION ALL
    (SELECT version, entitlement, 'closed' FROM enrolment
     WHERE closed_by = r.revision AND version > past.after AND closed_by <> opened_by
     ORDER BY version LIMIT :limit)
) x
JOIN entitlement t USING (entitlement)
WHERE r.insurer_number = :insurer AND r.published_at <= clock_timestamp()
  AND (r.published_at, r.revision) >= (CAST(:at AS timestamptz), CAST(:revision AS bigint))
ORDER BY r.published_at, r.revision, x.version
LIMIT :limit
""")

# A period is new if none of its days was known just before. A single call that replaces a version is a
# correction, and an insurer's first file contains members whom it had before.
_DELAY = text(f"""
WITH fresh AS (
    SELECT greatest(extract(epoch FROM o.published_at - (e.acquired_on::timestamp - interval '9 hours')
                                                        AT TIME ZONE 'UTC') / 3600, 0) AS hours,
           o.published_at > now() - CAST(:within AS interval) AS recent,
           to_char((o.published_at + interval '9 hours') AT TIME ZONE 'UTC', 'YYYY-MM') AS month
    FROM revision o
    JOIN enrolment e ON e.opened_by = o.revision AND e.closed_by IS DISTINCT FROM e.opened_by
    WHERE o.insurer_number = :insurer AND o.published_at > :since AND o.published_at <= now()
      AND CASE o.kind
          WHEN 'single' THEN NOT EXISTS (SELECT FROM enrolment former WHERE former.closed_by = o.revision)
          WHEN 'file' THEN EXISTS (SELECT FROM revision earlier WHERE earlier.insurer_number = :insurer
                                   AND earlier.kind = 'file' AND earlier.published_at < o.published_at)
          ELSE false END
      AND NOT EXISTS (
          SELECT FROM enrolment f JOIN revision p ON p.revision = f.opened_by AND p.published_at < o.published_at
          LEFT JOIN revision c ON c.revision = f.closed_by AND c.published_at < o.published_at
          WHERE f.entitlement = e.entitlement AND c.revision IS NULL
            AND {days_of("f")} && {days_of("e")}
      )
)
SELECT NULL AS month, count(*) AS enrolments, percentile_cont(0.5) WITHIN GROUP (ORDER BY hours) AS median_hours,
       percentile_cont(0.95) WITHIN GROUP (ORDER BY hours) AS p95_hours
FROM fresh WHERE recent
UNION ALL
SELECT month, count(*), percentile_cont(0.5) WITHIN GROUP (ORDER BY hours),
       percentile_cont(0.95) WITHIN GROUP (ORDER BY hours)
FROM fresh GROUP BY month
""")  # noqa: S608 - constants of the store, no values

_LOOK_UPS = text("""
SELECT outcome, sum(lookups)::bigint AS lookups
FROM lookup_count WHERE insurer_number = :insurer AND day > :after
GROUP BY outcome ORDER BY outcome
""")

_NEXT_MEMBERS = text("""
SELECT max(entitlement) AS upto, count(*) AS members
FROM (SELECT entitlement FROM entitlement WHERE insurer_number = :insurer AND entitlement > :after
      ORDER BY entitlement LIMIT :limit) page
""")


async def mismatches(connection: AsyncConnection, insurer: str, after: Position, limit: int) -> Rows:
    """Return what waits for the insurer's word, after a position in the queue (since, 0, version), oldest first."""
    since, _, version = after
    parameters = {"insurer": insurer, "since": since, "version": version, "limit": limit}
    return (await connection.execute(_MISMATCHES, parameters)).all()


async def claimed_elsewhere(connection: AsyncConnection, insurer: str, limit: int) -> Rows:
    """Return the insurer's members whom another insurer claimed within 90 days, latest first."""
    return (await connection.execute(_CLAIMED_ELSEWHERE, {"insurer": insurer, "limit": limit})).all()


async def entitlement(connection: AsyncConnection, insurer: str, enrolment_id: UUID) -> Row[Any] | None:
    """Return `entitlement` and `enrolment_id` of one of the insurer's enrolments, or None."""
    parameters = {"insurer": insurer, "enrolment_id": enrolment_id}
    return (await connection.execute(_ENTITLEMENT, parameters)).one_or_none()


async def versions_of_persons(
    connection: AsyncConnection, number: int, person_keys: Collection[bytes]
) -> list[int]:
    """Return every version, current or former, of an entitlement that was linked to one of these persons."""
    parameters = {"entitlement": number, "person_keys": list(person_keys)}
    return list((await connection.execute(_VERSIONS_OF_PERSONS, parameters)).scalars())


async def changes(connection: AsyncConnection, insurer: str, after: Position, limit: int) -> Rows:
    """Return visible events after a position (published at, revision, version), by publication."""
    await connection.execute(_AWAIT_PUBLISHERS, {"insurer": insurer})
    at, revision, version = after
    parameters = {"insurer": insurer, "at": at, "revision": revision, "version": version, "limit": limit}
    return (await connection.execute(_CHANGES, parameters)).all()


async def registration_delay(
    connection: AsyncConnection, insurer: str, within: timedelta, since: datetime
) -> dict[str | None, Row[Any]]:
    """Return the number of new enrolments with median and p95 of their delay in hours.

    By month in Japan (YYYY-MM) since an instant, and under None of all within this time.
    """
    parameters = {"insurer": insurer, "within": within, "since": since}
    return {row.month: row for row in await connection.execute(_DELAY, parameters)}


async def look_ups(connection: AsyncConnection, insurer: str, after: date) -> dict[str, int]:
    """Return the number of look-ups of members on the days after this one, by outcome."""
    rows = (await connection.execute(_LOOK_UPS, {"insurer": insurer, "after": after})).all()
    return {row.outcome: row.lookups for row in rows}


async def next_members(connection: AsyncConnection, insurer: str, after: int, limit: int) -> Row[Any]:
    """Return the last of the insurer's next entitlements (`upto`, None if there is none) and their number."""
    return (
        await connection.execute(_NEXT_MEMBERS, {"insurer": insurer, "after": after, "limit": limit})
    ).one()
