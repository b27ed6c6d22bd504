"""SQL of the report: a bounded page of records at a time, found by their ids in the month's partition."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Row, TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection

from eligibility_api.audit.report import reasons
from eligibility_api.audit.report.period import Period
from eligibility_api.audit_log.kinds import PRIVILEGED_KINDS
from eligibility_api.audit_log.refusal_store import COUNTED
from eligibility_api.database.connections import Database

PAGE = 20_000
"""Records of one page: so many are read, and joined by keys, well within a statement's time."""

Rows = Sequence[Row[Any]]


def _one_of(kinds: Iterable[str]) -> str:
    return "a.kind IN ({})".format(", ".join(f"'{kind}'" for kind in kinds))


_OF_PAGE = (
    """a.record_id > :after AND a.record_id <= :upto AND a.recorded_at >= :begin AND a.recorded_at < :end"""
)

_UPTO = text("""
SELECT max(record_id::text)::uuid AS upto, count(*) AS records
FROM (SELECT record_id FROM audit_record
      WHERE record_id > :after AND record_id < :last AND recorded_at >= :begin AND recorded_at < :end
      ORDER BY record_id LIMIT :page) a
""")

_ACTIVITY = text(f"""
SELECT (a.recorded_at AT TIME ZONE 'Asia/Tokyo')::date AS day, a.institution_code, a.insurer_number, a.kind, a.outcome,
       CASE WHEN a.kind LIKE 'history.%' THEN a.detail ->> 'basis'
            WHEN a.kind = 'emergency.permit' THEN a.detail ->> 'reason'
            WHEN a.kind = 'binding.first-registration' AND a.operator IS NOT NULL THEN 'visual' END AS item,
       count(*) AS records
FROM audit_record a WHERE {_OF_PAGE}
GROUP BY 1, 2, 3, 4, 5, 6
""")  # noqa: S608 - parts of ours, no values

_CONSENTS = text(f"""
SELECT c.category, a.kind, count(*) AS consents
FROM audit_record a CROSS JOIN LATERAL unnest(a.consents) AS c (category)
WHERE {_OF_PAGE} AND {_one_of(reasons.CONSENT_KINDS)} AND a.outcome = 'answered'
GROUP BY 1, 2
""")  # noqa: S608

_ENDS = text(f"""
SELECT a.detail ->> 'reason' AS reason, count(*) AS consents
FROM audit_record a WHERE {_OF_PAGE} AND a.kind = 'consent.end' AND a.outcome = 'ended'
GROUP BY 1
""")  # noqa: S608

_WITHDRAWN = text(f"""
SELECT c.category, count(*) AS consents
FROM (SELECT CAST(a.detail ->> 'permit' AS uuid) AS permit_id FROM audit_record a
      WHERE {_OF_PAGE} AND a.kind = 'consent.end' AND a.outcome = 'ended' OFFSET 0) e
JOIN permit p ON p.permit_id = e.permit_id
CROSS JOIN LATERAL unnest(p.categories) AS c (category)
GROUP BY 1
""")  # noqa: S608

_COUNTED = text(f"""
SELECT a.kind, c.cause, sum(c.n::bigint)::bigint AS refusals
FROM audit_record a CROSS JOIN LATERAL jsonb_each_text(a.detail -> 'causes') AS c (cause, n)
WHERE {_OF_PAGE} AND {_one_of(reasons.REFUSED_KINDS)} AND a.outcome = '{COUNTED}'
GROUP BY 1, 2
""")  # noqa: S608

_MISSES = text(f"""
SELECT a.client_id, a.institution_code, a.kind, a.recorded_at
FROM audit_record a
WHERE {_OF_PAGE} AND {_one_of(reasons.MISSED_KINDS)} AND a.outcome = 'answered' AND a.matched_entitlements = '{{}}'
ORDER BY a.recorded_at, a.record_id
""")  # noqa: S608

# A claim of the facility for the membership and month of the look-up. Facilities of 資格確認限定型 send no claims here.
_UNCLAIMED = text(f"""
SELECT a.institution_code, a.kind, count(*) AS looked_up, count(*) FILTER (WHERE NOT c.claimed) AS without_claim
FROM (SELECT a.* FROM audit_record a
      WHERE {_OF_PAGE} AND {_one_of(reasons.LOOKED_UP_KINDS)} AND a.outcome = 'answered' AND a.as_of IS NOT NULL
        AND a.facility_kind <> 'eligibility-only'
        AND (a.person_key IS NOT NULL OR cardinality(a.matched_entitlements) = 1)
      OFFSET 0) a
CROSS JOIN LATERAL (
    SELECT EXISTS (
        SELECT FROM unnest(a.enrolments) AS v (version)
        JOIN enrolment e ON e.version = v.version
        JOIN entitlement t ON t.entitlement = e.entitlement
        JOIN claim c ON c.insurer_number = t.insurer_number AND c.number_key = t.number_key
                    AND c.symbol_key = t.symbol_key AND c.birth_date = t.birth_date
                    AND c.treatment_month = date_trunc('month', a.as_of)::date
        JOIN claim_file f ON f.file_id = c.file_id
        WHERE c.institution_code = a.institution_code AND f.known_from IS NOT NULL
          AND (c.branch_key = t.branch_key OR '' IN (c.branch_key, t.branch_key))
    ) AS claimed
) c
GROUP BY 1, 2
""")  # noqa: S608

# Which values a change says were wrong: of an undone file those that it opened; of a single change those that it closed, and
# of a wrong link every version of the membership that had it.
_WRONG = text(f"""
SELECT a.record_id, a.recorded_at, a.kind, a.insurer_number, f.institution_code, f.institution_name, f.answers, f.last_at
FROM (SELECT a.record_id, a.recorded_at, a.kind, a.insurer_number, CAST(a.detail ->> 'revision' AS bigint) AS revision
      FROM audit_record a WHERE {_OF_PAGE} AND {_one_of(reasons.WRONG_KINDS)} OFFSET 0) a
CROSS JOIN LATERAL (
    SELECT ARRAY(
        SELECT e.version FROM enrolment e
        WHERE e.closed_by = a.revision AND e.opened_by <> a.revision AND a.kind <> 'enrolment.file-undone'
        UNION
        SELECT o.version FROM enrolment e JOIN enrolment o ON o.entitlement = e.entitlement
        WHERE e.closed_by = a.revision AND a.kind = 'enrolment.unlink' AND o.person_key = e.person_key
    ) AS versions, ARRAY(
        SELECT r.undoes FROM revision r WHERE r.revision = a.revision AND r.undoes IS NOT NULL
    ) AS revisions
) w
CROSS JOIN LATERAL facilities_answered_with(w.versions, w.revisions) f
ORDER BY a.record_id, f.last_at DESC, f.institution_code
""")  # noqa: S608

_OPERATIONS = text(f"""
SELECT a.record_id, a.recorded_at, a.kind, a.client_id, a.institution_code, a.insurer_number, a.operator,
       coalesce(a.detail, '{{}}') AS detail
FROM audit_record a WHERE {_OF_PAGE} AND {_one_of(PRIVILEGED_KINDS)}
ORDER BY a.record_id
""")  # noqa: S608

_NAMES = text("""
SELECT institution_code AS code, name FROM facility WHERE institution_code = ANY (:codes)
UNION ALL
SELECT insurer_number, name FROM insurer WHERE insurer_number = ANY (:codes)
""")


@dataclass(frozen=True, slots=True)
class Page:
    """What one page of records says: the rows of each statement."""

    activity: Rows
    consents: Rows
    ends: Rows
    withdrawn: Rows
    counted: Rows
    misses: Rows
    unclaimed: Rows
    wrong: Rows
    operations: Rows


async def pages(database: Database, period: Period) -> AsyncIterator[Page]:
    """Read the records of a period, page by page, each in a transaction of its own."""
    after, last = period.ids
    bounds: dict[str, Any] = {"begin": period.begin, "end": period.end}
    while True:
        async with database.transaction() as connection:
            upto = await _upto(connection, bounds | {"after": after, "last": last, "page": PAGE})
            if upto is None:
                return
            page = await _page(connection, bounds | {"after": after, "upto": upto})
        yield page
        after = upto


async def _upto(connection: AsyncConnection, values: dict[str, Any]) -> UUID | None:
    found: UUID | None = (await connection.execute(_UPTO, values)).one().upto
    return found


async def _page(connection: AsyncConnection, values: dict[str, Any]) -> Page:
    async def rows(statement: TextClause) -> Rows:
        return (await connection.execute(statement, values)).all()

    return Page(
        activity=await rows(_ACTIVITY),
        consents=await rows(_CONSENTS),
        ends=await rows(_ENDS),
        withdrawn=await rows(_WITHDRAWN),
        counted=await rows(_COUNTED),
        misses=await rows(_MISSES),
        unclaimed=await rows(_UNCLAIMED),
        wrong=await rows(_WRONG),
        operations=await rows(_OPERATIONS),
    )


async def names(database: Database, codes: Sequence[str]) -> dict[str, str]:
    """The names of facilities and insurers by code or number; of at most some thousand."""
    async with database.transaction() as connection:
        rows = (await connection.execute(_NAMES, {"codes": list(codes)})).all()
    return {row.code: row.name for row in rows}
