"""Rows of one file that cannot all be true: told from each other by sets, and set aside."""

from __future__ import annotations

from collections import Counter

from sqlalchemy.ext.asyncio import AsyncConnection

from eligibility_api.contract.uploads import RowFault
from eligibility_api.uploads.queue import Task

_PERSON = "number_key, symbol_key, branch_key, birth_date"
_BRANCH = "number_key, symbol_key, branch_key"

# Rows overlap where one begins before the latest end of those before it, or ends after the next begins.
_OVERLAPPING = """
    coalesce(max(coalesce(lost_on, 'infinity')) OVER (PARTITION BY {keys} ORDER BY acquired_on, row
        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) > acquired_on, false)
    OR coalesce(lead(acquired_on) OVER (PARTITION BY {keys} ORDER BY acquired_on, row)
        < coalesce(lost_on, 'infinity'), false)
"""

_FIND = f"""
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

_KEEP = """
INSERT INTO upload_fault (upload_id, row, code)
SELECT :upload, row, code FROM conflict ORDER BY row LIMIT :most
"""

_SET_ASIDE = "DELETE FROM {plan} p USING conflict c WHERE p.row = c.row"

_COUNT = "SELECT code, count(*) AS rows FROM conflict GROUP BY code"


async def set_aside(
    connection: AsyncConnection, task: Task, most: int
) -> Counter[tuple[RowFault, str | None]]:
    """Take conflicting rows out of the plan, keep at most so many faults by row, and count them all."""
    await task.staging.execute(connection, _FIND)
    await task.staging.execute(connection, _KEEP, {"upload": task.upload_id, "most": max(most, 0)})
    await task.staging.execute(connection, _SET_ASIDE)
    counted = (await task.staging.execute(connection, _COUNT)).all()
    return Counter({(RowFault(row.code), None): row.rows for row in counted})
