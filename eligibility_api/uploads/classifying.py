"""What each row of a file means for what is known: nothing new, a change, or a period that was not known."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncConnection

from eligibility_api.domain.membership import IDENTITY
from eligibility_api.uploads.queue import Task
from eligibility_api.uploads.staging import by_index

OVERLAPS = "daterange(v.acquired_on, v.lost_on) && daterange(r.acquired_on, r.lost_on)"
"""Whether a version and a row share a day."""

NEAREST = f"(v.digest IS NOT DISTINCT FROM r.digest) DESC, {OVERLAPS} DESC, v.acquired_on DESC"
"""Of an entitlement's versions first the one that says the same, else one that the row touches, else the last."""

# The insurer as a sub-select: as a value it would tell the planner that a new insurer has no entitlements, whereupon it
# reads all of them by the index of insurers.
ENTITLEMENT_OF_ROW = """
    e.insurer_number = (SELECT CAST(:insurer AS text)) AND e.number_key = r.number_key AND e.symbol_key = r.symbol_key
    AND e.birth_date = r.birth_date AND e.branch_key = r.branch_key
"""

SAME_IDENTITY = " AND ".join(f"v.{name} = r.{name}" for name in IDENTITY)
"""Whether the register would be asked the same."""

_CLASSIFY = f"""
INSERT INTO {{plan}} (row, membership, entitlement, kind, matching, flags_lost)
SELECT r.row, r.membership, e.entitlement,
       CASE WHEN v.same THEN 'unchanged' WHEN v.touched THEN 'changed' ELSE 'new' END,
       v.same IS NOT TRUE AND v.identical IS NOT TRUE,
       v.same IS NOT TRUE AND coalesce(v.flags_lost, false)
FROM {{rows}} r
LEFT JOIN entitlement e ON {ENTITLEMENT_OF_ROW}
LEFT JOIN LATERAL (
    SELECT v.digest IS NOT DISTINCT FROM r.digest AS same, {OVERLAPS} AS touched, {SAME_IDENTITY} AS identical,
           v.nondisclosure AND NOT r.nondisclosure
               OR v.self_disclosure_blocked AND NOT r.self_disclosure_blocked AS flags_lost
    FROM enrolment v
    WHERE v.entitlement = e.entitlement AND v.closed_by IS NULL
    ORDER BY {NEAREST} LIMIT 1
) v ON true
WHERE r.row BETWEEN :first AND :last
"""  # noqa: S608 - names and numbers of ours


async def classify(connection: AsyncConnection, task: Task, first: int, last: int) -> None:
    """Plan the staged rows from `first` to `last`."""
    parameters = {"insurer": task.insurer_number, "first": first, "last": last}
    await by_index(connection)
    await task.staging.execute(connection, _CLASSIFY, parameters)
