"""SQL: which of many audit records, inserted by one statement, belongs to which request.

The database makes the ids, and no role may write one, or read a record's columns: what an INSERT returns does
not name its request. But the ids of a session ascend (`uuidv7` never returns the same or an earlier instant
twice), and the rows are inserted in the order of their requests. `MERGE … ON false … RETURNING` of a column
of its source would name it, but opens every partition of the table.
"""

from __future__ import annotations

_RECORDED = """
-- The nth record is the nth request's: the ids ascend in the order of insertion.
recorded AS MATERIALIZED (
    SELECT p.place, r.record_id, r.recorded_at, r.outcome
    FROM (SELECT place, row_number() OVER (ORDER BY place) AS nth FROM {source}) p
    JOIN (SELECT i.*, row_number() OVER (ORDER BY record_id) AS nth FROM inserted i) r ON r.nth = p.nth
)
"""


def recorded_in_order(source: str) -> str:
    """The CTE `recorded`: place, id, instant and outcome of each record.

    `source` has the requests (`place`) of which the CTE `inserted` has inserted one record each, `ORDER BY place`,
    returning `record_id`, `recorded_at` and `outcome`.
    """
    return _RECORDED.format(source=source).strip()
