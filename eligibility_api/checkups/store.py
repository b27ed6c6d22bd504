"""SQL of check-ups: one statement stores, counts those that match nobody, and records."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from eligibility_api.clients.caller import Caller
from eligibility_api.contract.checkups import CheckupInput
from eligibility_api.contract.codes import Right
from eligibility_api.database.connections import Database
from eligibility_api.domain.membership import comparable
from eligibility_api.enrolment.known import KNOWN_NOW, NOT_SUPERSEDED

LEAD = timedelta(milliseconds=250)
"""How far `known_from` lies ahead of the statement: nothing is visible before its commit (decision 004)."""

_STORE = f"""
WITH guard AS MATERIALIZED (
    SELECT insurer_number FROM client
    WHERE client_id = $1 AND $2::text = ANY (rights) AND closed_at IS NULL AND insurer_number IS NOT NULL
),
given AS MATERIALIZED (
    SELECT * FROM unnest($3::text[], $4::text[], $5::text[], $6::date[], $7::date[], $8::jsonb[]) WITH ORDINALITY
        AS r (symbol_key, number_key, branch_key, birth_date, examined_on, items, row)
),
stored AS (
    INSERT INTO health_checkup (insurer_number, symbol_key, number_key, branch_key, birth_date, examined_on, items,
                                client_id, known_from)
    SELECT g.insurer_number, r.symbol_key, r.number_key, r.branch_key, r.birth_date, r.examined_on, r.items, $1,
           fund_clock() + $9::interval
    FROM guard g CROSS JOIN given r ORDER BY r.row
    RETURNING known_from
),
counted AS MATERIALIZED (
    SELECT g.insurer_number, (SELECT max(known_from) FROM stored) AS known_from, count(*) AS taken,
           count(*) FILTER (WHERE NOT EXISTS (
               SELECT FROM entitlement t JOIN enrolment e USING (entitlement) {KNOWN_NOW}
               WHERE t.insurer_number = g.insurer_number AND t.number_key = r.number_key
                 AND t.symbol_key = r.symbol_key AND t.birth_date = r.birth_date
                 AND (r.branch_key = '' OR t.branch_key IN ('', r.branch_key)) AND {NOT_SUPERSEDED}
           )) AS unmatched
    FROM guard g CROSS JOIN given r
    GROUP BY g.insurer_number
),
recorded AS (
    INSERT INTO audit_record (kind, outcome, client_id, insurer_number, detail)
    SELECT 'checkups.recorded', 'done', $1, insurer_number,
           jsonb_build_object('taken', taken, 'unmatched', unmatched, 'known_from', known_from)
    FROM counted
)
SELECT taken, unmatched, known_from FROM counted
"""  # noqa: S608 - constants of a store, no value


async def add_checkups(database: Database, caller: Caller, checkups: Sequence[CheckupInput]) -> Any | None:
    """Store check-ups of the caller's members.

    Returns a row with `taken`, `unmatched`, `known_from`; None for a closed client. If there are several of
    one member and day, the one that counts is selected when they are read.
    """
    columns = [list(column) for column in zip(*map(_row, checkups), strict=True)]
    rows = await database.fetch(_STORE, [caller.client_id, Right.CLAIMS.value, *columns, LEAD])
    return rows[0] if rows else None


def _row(checkup: CheckupInput) -> tuple[Any, ...]:
    keys = comparable(checkup.symbol, checkup.number, checkup.branch)
    items = [item.model_dump(exclude_none=True) for item in checkup.items]
    return (*keys, checkup.birth_date, checkup.examined_on, json.dumps(items, ensure_ascii=False))
