"""The SQL of reference numbers: any number of registrations in one statement, each with an outcome of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from eligibility_api.clients.caller import Caller
from eligibility_api.contract.codes import Right
from eligibility_api.contract.references import ReferenceRegistration
from eligibility_api.database.connections import Database
from eligibility_api.eligibility.by_number import membership_parameters
from eligibility_api.eligibility.misses import ASKING_GATE, COUNT_MISSES, MAY_ASK, OVERTAKEN, Turn
from eligibility_api.enrolment.known import KNOWN_NOW, NOT_SUPERSEDED

_STATEMENT = """
WITH {gate},
fitting AS MATERIALIZED (
    SELECT r.row, r.insurer_number, r.reference_number, f.*
    FROM unnest($5::text[], $6::text[], $7::text[], $8::date[], $9::text[], $10::text[], $11::text[]) WITH ORDINALITY
        AS r (insurer_number, number_key, symbol_key, birth_date, first, last, reference_number, row)
    CROSS JOIN LATERAL (
        SELECT array_agg(DISTINCT e.entitlement) AS entitlements,
               count(DISTINCT coalesce(e.person_key, int8send(e.entitlement))) AS persons,
               min(e.person_key) AS person_key
        FROM entitlement t JOIN enrolment e USING (entitlement) {known_now}
        WHERE t.insurer_number = r.insurer_number AND t.number_key = r.number_key AND t.symbol_key = r.symbol_key
          AND t.birth_date = r.birth_date AND t.branch_key BETWEEN r.first AND r.last AND {not_superseded}
    ) f
    WHERE (SELECT {may_ask} FROM gate)
),
judged AS MATERIALIZED (
    SELECT f.*, CASE
        WHEN count(*) FILTER (WHERE persons = 0) OVER earlier >= (SELECT misses_left FROM gate) THEN 'number-miss-limit'
        WHEN persons = 0 THEN 'reference-not-found'
        WHEN persons > 1 THEN 'reference-several-found'
        ELSE 'registered' END AS outcome
    FROM fitting f
    WINDOW earlier AS (ORDER BY row ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
),
-- In the order of entitlements, so that two bulks never wait for each other crosswise; of several, the last counts.
registered AS (
    INSERT INTO reference_number (institution_code, entitlement, reference_number, registered_at)
    SELECT DISTINCT ON (entitlement) g.institution_code, entitlement, j.reference_number, now()
    FROM gate g CROSS JOIN judged j CROSS JOIN unnest(j.entitlements) AS entitlement
    WHERE j.outcome = 'registered'
    ORDER BY entitlement, j.row DESC
    ON CONFLICT (institution_code, entitlement) DO UPDATE
        SET reference_number = excluded.reference_number, registered_at = excluded.registered_at
),
{count},
recorded AS (
    INSERT INTO audit_record (kind, outcome, client_id, institution_code, facility_kind, person_key, asked, detail)
    SELECT 'reference.register', j.outcome, $1, g.institution_code, g.facility_kind,
           CASE WHEN j.persons = 1 THEN j.person_key END, j.entitlements,
           jsonb_build_object('asked_insurer', j.insurer_number)
    FROM gate g CROSS JOIN judged j
    WHERE j.outcome <> 'number-miss-limit'
)
SELECT g.*, {overtaken} AS overtaken, m.run, (SELECT array_agg(outcome ORDER BY row) FROM judged) AS outcomes
FROM gate g LEFT JOIN counted m ON true
"""

REGISTER = _STATEMENT.format(
    gate=ASKING_GATE,
    known_now=KNOWN_NOW,
    not_superseded=NOT_SUPERSEDED,
    may_ask=MAY_ASK,
    overtaken=OVERTAKEN,
    count=COUNT_MISSES.format(
        missed="SELECT (count(*) FILTER (WHERE outcome = 'reference-not-found'))::integer FROM judged",
        may_ask=MAY_ASK,
    ),
)
"""Parameters: the gate's four, then a column a parameter: insurer, number, symbol, birth date, branches, reference."""


@dataclass(frozen=True, slots=True)
class Registered:
    """What the statement gave: the turn, and each registration's outcome; none where there was no turn."""

    turn: Turn
    outcomes: Sequence[str]


async def register(
    database: Database,
    caller: Caller,
    registrations: Sequence[ReferenceRegistration],
    *,
    limits: tuple[int, int],
) -> Registered:
    """Register, record and count what missed: one statement. Rows behind the last miss allowed are not looked at."""
    rows = [[*membership_parameters(one), one.reference_number] for one in registrations]
    columns = [list(column) for column in zip(*rows, strict=True)]
    parameters = [caller.client_id, Right.ELIGIBILITY.value, *limits, *columns]
    [row] = await database.fetch(REGISTER, parameters)
    return Registered(Turn.of(row), row["outcomes"] or ())
