"""Prepares a file: writes its changes under an unpublished revision, chunk by chunk, invisible to readers.

Row by row it implements `domain.timeline.plan_replace`: a current period that shares a day with a row is
closed, unless it is identical; the row is opened. A member changed by a higher revision is newer than the
file and left unchanged.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from eligibility_api.contract.uploads import RowFault
from eligibility_api.database.plans import join_as_written
from eligibility_api.domain.membership import CONTENT
from eligibility_api.enrolment.confirmations import CONFIRMED_BEFORE
from eligibility_api.enrolment.contests import INSURED_ELSEWHERE
from eligibility_api.enrolment.store import lock_insurer
from eligibility_api.uploads.plan import ENTITLEMENT_OF_ROW, NEAREST, OVERLAPS
from eligibility_api.uploads.queue import QUEUE, UploadContext, UploadTask
from eligibility_api.uploads.store import UPLOAD

CHUNK_ROWS = 500
"""Rows per transaction: a single change of the same insurer waits for one transaction at most."""

MIN_REST = 0.75
"""Rest after a chunk, as a share of its duration, also without requests: publishing is not urgent."""

_UPTO = f"""
SELECT max(row) FROM (
    SELECT row FROM {{plan}} WHERE row > :after AND kind <> 'unchanged' ORDER BY row LIMIT {CHUNK_ROWS}
)
"""  # noqa: S608 - a number of ours

_ENTITLEMENTS = """
INSERT INTO entitlement (insurer_number, symbol_key, number_key, branch_key, birth_date)
SELECT DISTINCT :insurer, r.symbol_key, r.number_key, r.branch_key, r.birth_date
FROM {plan} p JOIN {rows} r ON r.row = p.row
WHERE p.row > :after AND p.row <= :upto AND p.kind <> 'unchanged' AND p.entitlement IS NULL
ON CONFLICT DO NOTHING
"""

_CHUNK = f"""
SELECT p.row, e.entitlement, p.entitlement IS NOT NULL AS known, EXISTS (
    SELECT FROM enrolment n WHERE n.entitlement = e.entitlement AND n.closed_by IS DISTINCT FROM n.opened_by
    AND greatest(n.opened_by, n.closed_by) > :revision) AS newer
FROM {{plan}} p JOIN {{rows}} r ON r.row = p.row JOIN entitlement e ON {ENTITLEMENT_OF_ROW}
WHERE p.row > :after AND p.row <= :upto AND p.kind <> 'unchanged'
"""  # noqa: S608 - names and numbers of ours

_CHUNK_ROWS = """
FROM unnest(CAST(:numbers AS bigint[]), CAST(:entitlements AS bigint[])) t(row, entitlement)
JOIN {rows} r ON r.row = t.row
"""

_LEAVE_ALONE = f"""
INSERT INTO upload_fault (upload_id, row, code)
SELECT :upload, row, '{RowFault.CHANGED_SINCE}' FROM unnest(CAST(:numbers AS bigint[])) row
"""  # noqa: S608 - names and numbers of ours

_CLOSE = f"""
UPDATE enrolment SET closed_by = :revision WHERE version = ANY (ARRAY(
    SELECT v.version {_CHUNK_ROWS} JOIN enrolment v ON v.entitlement = t.entitlement
    WHERE v.closed_by IS NULL AND v.opened_by < :revision AND {OVERLAPS} AND v.digest IS DISTINCT FROM r.digest))
"""  # noqa: S608 - names and numbers of ours

_ITEMS = ", ".join(f"r.{name}" for name in CONTENT)

# The member's person: `enrolment.linking.link_after_match` as a set operation. No match: the identity has not
# changed.
LINK = """
CASE WHEN m.row IS NULL OR m.register_match = 'variant' THEN f.person_key
     ELSE coalesce(f.person_key, m.person_key) END AS person_key,
CASE WHEN m.row IS NULL THEN f.register_match
     WHEN m.person_key <> f.person_key THEN 'other' ELSE m.register_match END AS register_match,
CASE WHEN m.row IS NULL THEN f.mismatch
     WHEN m.person_key IS NULL OR m.person_key <> f.person_key THEN 'open'
     WHEN m.register_match <> 'variant' THEN 'none' ELSE 'open' END AS mismatch,
CASE WHEN m.row IS NULL THEN f.proposed_key
     WHEN m.register_match = 'variant' AND f.person_key IS NULL THEN m.person_key END AS proposed_key,
CASE WHEN m.row IS NULL THEN f.differences
     WHEN f.person_key IS NULL OR f.person_key = m.person_key THEN m.differences END AS differences
"""

# `enrolment.linking.link_after_former_confirmation` as a set operation.
_CONFIRMED = f"""
CASE WHEN w.confirmed THEN coalesce(l.person_key, l.proposed_key) ELSE l.person_key END AS person_key,
l.register_match,
CASE WHEN w.confirmed THEN 'confirmed' ELSE l.mismatch END AS mismatch,
CASE WHEN NOT w.confirmed THEN l.proposed_key END AS proposed_key,
l.differences
FROM (SELECT {LINK}) l
CROSS JOIN LATERAL (SELECT CASE WHEN l.register_match = 'variant' AND l.mismatch = 'open' THEN {
    CONFIRMED_BEFORE.format(
        person_key="coalesce(l.person_key, l.proposed_key)",
        differences="l.differences",
        entitlement="t.entitlement",
    )
} ELSE false END AS confirmed) w
"""

# `enrolment.linking.closes_card` as a set operation.
CLOSES_CARD = """
l.person_key IS NOT NULL AND (
    l.mismatch = 'open' AND (r.lost_on IS NULL OR r.lost_on > (now() AT TIME ZONE 'Asia/Tokyo')::date)
    OR r.self_disclosure_blocked AND (f.self_disclosure_blocked AND f.person_key = l.person_key) IS NOT TRUE)
"""

# `enrolment.linking.contested` as a set operation; `others`: the entitlements of those who are notified.
CONTEST = """
CASE WHEN c.others IS NULL THEN c.person_key END AS person_key,
CASE WHEN c.others IS NOT NULL AND c.mismatch <> 'open' THEN 'contested' ELSE c.register_match END AS register_match,
CASE WHEN c.others IS NULL THEN c.mismatch ELSE 'open' END AS mismatch,
CASE WHEN c.others IS NULL THEN c.proposed_key WHEN c.register_match = 'variant' THEN c.person_key END AS proposed_key,
c.differences
"""

_OPEN = f"""
WITH claim AS MATERIALIZED (
    SELECT t.entitlement, t.row, l.*, CASE WHEN {CLOSES_CARD} THEN ({INSURED_ELSEWHERE.format(person_key="l.person_key")}) END AS others
    {_CHUNK_ROWS}
    LEFT JOIN {{matches}} m ON m.row = t.row
    LEFT JOIN LATERAL (
        SELECT v.person_key, v.register_match, v.mismatch, v.proposed_key, v.differences, v.self_disclosure_blocked
        FROM enrolment v
        WHERE v.entitlement = t.entitlement AND v.opened_by < :revision
          AND (v.closed_by IS NULL OR v.closed_by = :revision)
        ORDER BY {NEAREST} LIMIT 1
    ) f ON true
    CROSS JOIN LATERAL (SELECT {_CONFIRMED}) l
), notified AS (
    INSERT INTO contested_claim (insurer_number, entitlement, revision)
    SELECT e.insurer_number, e.entitlement, :revision
    FROM (SELECT DISTINCT unnest(others) AS entitlement FROM claim) o
    JOIN entitlement e ON e.entitlement = o.entitlement
)
INSERT INTO enrolment (entitlement, opened_by, insurer_name, person_key, register_match, mismatch, proposed_key,
                       differences, {", ".join(CONTENT)}, digest)
SELECT c.entitlement, :revision, (SELECT name FROM insurer WHERE insurer_number = :insurer),
       {CONTEST}, {_ITEMS}, r.digest
FROM claim c JOIN {{rows}} r ON r.row = c.row
"""  # noqa: S608 - names and numbers of ours


async def prepare_chunk(context: UploadContext, task: UploadTask, after: int) -> int | None:
    """Prepare the rows that follow `after`; returns the last one, or None if there are no more."""
    async with context.database.step(min_rest=MIN_REST) as connection:
        await join_as_written(connection)
        upto: int | None = (await task.staging.execute(connection, _UPTO, {"after": after})).scalar_one()
        if upto is None:
            return None
        await lock_insurer(connection, task.insurer_number, alone=True)
        chunk = {"insurer": task.insurer_number, "after": after, "upto": upto}
        await task.staging.execute(connection, _ENTITLEMENTS, chunk)
        rows = (await task.staging.execute(connection, _CHUNK, chunk | {"revision": task.revision})).all()
        skipped = [row.row for row in rows if row.newer]
        if skipped:
            parameters = {"upload": task.file_id, "numbers": skipped}
            await task.staging.execute(connection, _LEAVE_ALONE, parameters)
        await _replace(connection, task, [row for row in rows if not row.newer])
        skipped_before = UPLOAD.c.skipped
        await QUEUE.change(connection, task, prepared=upto, skipped=skipped_before + len(skipped))
        return upto


async def _replace(connection: AsyncConnection, task: UploadTask, rows: Sequence[Row[Any]]) -> None:
    """Close the versions that the rows replace, and open the rows."""
    known = [row for row in rows if row.known]
    if known:
        await task.staging.execute(connection, _CLOSE, {"revision": task.revision} | _row_arrays(known))
    if rows:
        mine = {"revision": task.revision, "insurer": task.insurer_number}
        await task.staging.execute(connection, _OPEN, mine | _row_arrays(rows))


def _row_arrays(rows: Sequence[Row[Any]]) -> dict[str, list[int]]:
    return {"numbers": [row.row for row in rows], "entitlements": [row.entitlement for row in rows]}
