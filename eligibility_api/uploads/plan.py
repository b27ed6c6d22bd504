"""Plans a file: compares rows with stored data, rejects conflicting rows, matches identities to persons."""

from __future__ import annotations

import json
from collections import Counter

from sqlalchemy.ext.asyncio import AsyncConnection

from eligibility_api.contract.uploads import RowFault
from eligibility_api.database.plans import join_as_written, whole_file
from eligibility_api.domain.membership import IDENTITY
from eligibility_api.enrolment.known import days_of
from eligibility_api.jlis.client import MAX_PERSONS_PER_CALL
from eligibility_api.uploads.queue import UploadContext, UploadTask

OVERLAPS = f"{days_of('v')} && {days_of('r')}"
"""Whether a stored version and a row share a day."""

NEAREST = f"(v.digest IS NOT DISTINCT FROM r.digest) DESC, {OVERLAPS} DESC, v.acquired_on DESC"
"""Orders an entitlement's versions: an identical one, else one that the row overlaps, else the latest."""

# The insurer as a sub-select: from a value the planner would conclude that a new insurer has no entitlements,
# and then scan all of them by the index of insurers.
ENTITLEMENT_OF_ROW = """
    e.insurer_number = (SELECT CAST(:insurer AS text)) AND e.number_key = r.number_key AND e.symbol_key = r.symbol_key
    AND e.birth_date = r.birth_date AND e.branch_key = r.branch_key
"""

SAME_IDENTITY = " AND ".join(f"v.{name} IS NOT DISTINCT FROM r.{name}" for name in IDENTITY)
"""Whether the query to the register would be the same."""

_CLASSIFY = f"""
INSERT INTO {{plan}} (row, membership, entitlement, kind, matching, flags_lost)
SELECT r.row, r.membership, e.entitlement,
       CASE WHEN v.same THEN 'unchanged' WHEN v.touched THEN 'changed' ELSE 'new' END,
       v.same IS NOT TRUE AND (v.identical IS NOT TRUE OR v.contested),
       v.same IS NOT TRUE AND coalesce(v.flags_lost, false)
FROM {{rows}} r
LEFT JOIN entitlement e ON {ENTITLEMENT_OF_ROW}
LEFT JOIN LATERAL (
    SELECT v.digest IS NOT DISTINCT FROM r.digest AS same, {OVERLAPS} AS touched, {SAME_IDENTITY} AS identical,
           v.register_match = 'contested' AS contested,
           v.nondisclosure AND NOT r.nondisclosure
               OR v.self_disclosure_blocked AND NOT r.self_disclosure_blocked AS flags_lost
    FROM enrolment v
    WHERE v.entitlement = e.entitlement AND v.closed_by IS NULL
    ORDER BY {NEAREST} LIMIT 1
) v ON true
WHERE r.row BETWEEN :first AND :last
"""  # noqa: S608 - names and numbers of ours


async def classify(connection: AsyncConnection, task: UploadTask, first: int, last: int) -> None:
    """Fill `plan` for the staged rows from `first` to `last`: unchanged, changed, or a new period."""
    parameters = {"insurer": task.insurer_number, "first": first, "last": last}
    await join_as_written(connection)
    await task.staging.execute(connection, _CLASSIFY, parameters)


_PERSON = "number_key, symbol_key, branch_key, birth_date"
_BRANCH = "number_key, symbol_key, branch_key"

# Rows overlap if one begins before the latest end of the preceding ones, or ends after the next begins.
_OVERLAPPING = """
    coalesce(max(coalesce(lost_on, 'infinity')) OVER (PARTITION BY {keys} ORDER BY acquired_on, row
        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) > acquired_on, false)
    OR coalesce(lead(acquired_on) OVER (PARTITION BY {keys} ORDER BY acquired_on, row)
        < coalesce(lost_on, 'infinity'), false)
"""

_FIND_CONFLICTS = f"""
CREATE TEMPORARY TABLE conflict ON COMMIT DROP AS
WITH several AS (
    SELECT membership FROM {{plan}} GROUP BY membership HAVING count(*) > 1
),
candidate AS (
    SELECT r.row, r.acquired_on, r.lost_on, {_PERSON},
           row_number() OVER (PARTITION BY {_PERSON}, r.digest ORDER BY r.row) > 1 AS again
    FROM several JOIN {{plan}} p USING (membership) JOIN {{rows}} r ON r.row = p.row
),
once AS (
    SELECT *, {_OVERLAPPING.format(keys=_PERSON)} AS overlapping FROM candidate WHERE NOT again
),
alone AS (
    SELECT *, branch_key <> '' AND ({_OVERLAPPING.format(keys=_BRANCH)}) AS disputed FROM once WHERE NOT overlapping
)
SELECT row, '{RowFault.DUPLICATE}' AS code FROM candidate WHERE again
UNION ALL SELECT row, '{RowFault.ROWS_OVERLAP}' FROM once WHERE overlapping
UNION ALL SELECT row, '{RowFault.BRANCH_CONFLICT}' FROM alone WHERE disputed
"""  # noqa: S608 - names and numbers of ours

_STORE_CONFLICTS = """
INSERT INTO upload_fault (upload_id, row, code)
SELECT :upload, row, code FROM conflict ORDER BY row LIMIT :max_faults
"""

_SET_ASIDE = "DELETE FROM {plan} p USING conflict c WHERE p.row = c.row"

_COUNT_CONFLICTS = "SELECT code, count(*) AS rows FROM conflict GROUP BY code"


async def remove_conflicts(
    connection: AsyncConnection, task: UploadTask, max_faults: int
) -> Counter[tuple[RowFault, str | None]]:
    """Remove contradicting rows from the plan; store at most `max_faults` faults, and count all."""
    async with whole_file(connection):
        await task.staging.execute(connection, _FIND_CONFLICTS)
    await task.staging.execute(
        connection, _STORE_CONFLICTS, {"upload": task.file_id, "max_faults": max(max_faults, 0)}
    )
    await task.staging.execute(connection, _SET_ASIDE)
    counted = (await task.staging.execute(connection, _COUNT_CONFLICTS)).all()
    return Counter({(RowFault(row.code), None): row.rows for row in counted})


_QUERY_ITEMS = ", ".join(f"'{name}', n.{name}" for name in IDENTITY)

# The request to J-LIS is built by the database, where the rows are.
_NEXT_UNMATCHED = f"""
SELECT array_agg(n.row ORDER BY n.row) AS numbers, json_agg(json_build_object({_QUERY_ITEMS}) ORDER BY n.row)::text AS people
FROM (SELECT r.* FROM {{plan}} p JOIN {{rows}} r ON r.row = p.row
      WHERE p.matching AND p.row > :after
      ORDER BY p.row LIMIT {MAX_PERSONS_PER_CALL}) n
"""  # noqa: S608 - names and a number of ours

_MATCH_COLUMNS = ("row", "register_match", "person_key", "differences")


async def match_persons(context: UploadContext, task: UploadTask) -> None:
    """Store the register's answer for every new or changed identity. Raises `register-unavailable`."""
    after = 0
    while True:
        async with context.database.step() as connection:
            await join_as_written(connection)
            query = (await task.staging.execute(connection, _NEXT_UNMATCHED, {"after": after})).one()
        if query.numbers is None:
            return
        matches = await context.jlis.match_many(query.people, len(query.numbers))
        after = query.numbers[-1]
        records = (
            (row, found.match, found.person_key, json.dumps(found.differences) if found.differences else None)
            for row, found in zip(query.numbers, matches, strict=True)
        )
        async with context.database.step() as connection:
            await task.staging.copy(connection, "matches", _MATCH_COLUMNS, records)
