"""SQL: which of many audit records, inserted by one statement, belongs to which request.

The database makes the ids, and no role may write one: what an INSERT returns names its request only by what was
recorded of it. So a record is found by its key, as that of a proof by its challenge. Among several with one key,
as misses of one terminal, the order decides: the ids of a session ascend (`uuidv7` never returns the same or an
earlier instant twice), and rows are inserted in the order of their requests. Should that not hold any more, no
request gets a record of another terminal or about another person.

`MERGE … ON false … RETURNING` of a column of its source would name the request, but opens every partition of the
table.
"""

from __future__ import annotations

from collections.abc import Mapping

_RECORDED = """
-- A record is the request's with its key ({written}); of several with one key, the nth record is the nth request's.
recorded AS MATERIALIZED (
    SELECT p.place, r.record_id, r.recorded_at, r.outcome
    FROM (SELECT place, {asked}, row_number() OVER (PARTITION BY {asked} ORDER BY place) AS nth FROM {source}) p
    JOIN (SELECT i.*, row_number() OVER (PARTITION BY {written} ORDER BY record_id) AS nth FROM inserted i) r
      ON {equal} AND r.nth = p.nth
)
"""


def recorded_in_order(source: str, key: Mapping[str, str]) -> str:
    """The CTE `recorded`: place, id, instant and outcome of each record.

    `source` has the requests (`place`) of which the CTE `inserted` has inserted one record each, `ORDER BY place`,
    returning `record_id`, `recorded_at`, `outcome` and the columns of `key`: a column of the record, and the column
    of `source` that was written there. None of them is null.
    """
    return _RECORDED.format(
        source=source,
        asked=", ".join(key.values()),
        written=", ".join(key),
        equal=" AND ".join(f"r.{written} = p.{asked}" for written, asked in key.items()),
    ).strip()
