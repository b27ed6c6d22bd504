"""SQL of reference numbers: many registrations in one statement, each with its own outcome."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from eligibility_api.clients.caller import Caller
from eligibility_api.contract.codes import Right
from eligibility_api.contract.references import ReferenceRegistration
from eligibility_api.database.connections import Database
from eligibility_api.eligibility.by_number import membership_values
from eligibility_api.eligibility.misses import (
    COUNT_MISSES,
    LOOK_UP_CHECK,
    MAY_LOOK_UP,
    OVER_LIMIT,
    LookUpQuota,
)
from eligibility_api.enrolment.known import KNOWN_NOW, NOT_SUPERSEDED
from eligibility_api.platform.sql import Statement

_STATEMENT = """
WITH {guard},
fitting AS MATERIALIZED (
    SELECT r.row, r.insurer_number, r.reference_number, f.*
    FROM unnest(:insurer_number::text[], :number_key::text[], :symbol_key::text[], :birth_date::date[],
                :first_branch::text[], :last_branch::text[], :reference_number::text[]) WITH ORDINALITY
        AS r (insurer_number, number_key, symbol_key, birth_date, first, last, reference_number, row)
    CROSS JOIN LATERAL (
        SELECT array_agg(DISTINCT e.entitlement) AS entitlements,
               count(DISTINCT coalesce(e.person_key, int8send(e.entitlement))) AS persons,
               min(e.person_key) AS person_key
        FROM entitlement t JOIN enrolment e USING (entitlement) {known_now}
        WHERE t.insurer_number = r.insurer_number AND t.number_key = r.number_key AND t.symbol_key = r.symbol_key
          AND t.birth_date BETWEEN coalesce(r.birth_date, '-infinity') AND coalesce(r.birth_date, 'infinity')
          AND t.branch_key BETWEEN r.first AND r.last AND {not_superseded}
    ) f
    WHERE (SELECT {may_ask} FROM guard)
),
judged AS MATERIALIZED (
    SELECT f.*, CASE
        WHEN count(*) FILTER (WHERE persons = 0) OVER earlier >= (SELECT misses_left FROM guard) THEN 'number-miss-limit'
        WHEN persons = 0 THEN 'reference-not-found'
        WHEN persons > 1 THEN 'reference-several-found'
        ELSE 'registered' END AS outcome
    FROM fitting f
    WINDOW earlier AS (ORDER BY row ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
),
-- In the order of entitlements, so that two bulk registrations cannot deadlock; of several rows the last one counts.
registered AS (
    INSERT INTO reference_number (institution_code, entitlement, reference_number, registered_at)
    SELECT DISTINCT ON (entitlement) g.institution_code, entitlement, j.reference_number, now()
    FROM guard g CROSS JOIN judged j CROSS JOIN unnest(j.entitlements) AS entitlement
    WHERE j.outcome = 'registered'
    ORDER BY entitlement, j.row DESC
    ON CONFLICT (institution_code, entitlement) DO UPDATE
        SET reference_number = excluded.reference_number, registered_at = excluded.registered_at
),
{count},
recorded AS (
    INSERT INTO audit_record (kind, outcome, client_id, institution_code, facility_kind, person_key,
                              matched_entitlements, detail)
    SELECT 'reference.register', j.outcome, :client_id, g.institution_code, g.facility_kind,
           CASE WHEN j.persons = 1 THEN j.person_key END, j.entitlements,
           jsonb_build_object('asked_insurer', j.insurer_number)
    FROM guard g CROSS JOIN judged j
    WHERE j.outcome <> 'number-miss-limit'
)
SELECT g.*, {over_limit} AS over_limit, m.streak, (SELECT array_agg(outcome ORDER BY row) FROM judged) AS outcomes
FROM guard g LEFT JOIN counted m ON true
"""

_SOURCE = _STATEMENT.format(
    guard=LOOK_UP_CHECK,
    known_now=KNOWN_NOW,
    not_superseded=NOT_SUPERSEDED,
    may_ask=MAY_LOOK_UP,
    over_limit=OVER_LIMIT,
    count=COUNT_MISSES.format(
        missed="SELECT (count(*) FILTER (WHERE outcome = 'reference-not-found'))::integer FROM judged",
        may_ask=MAY_LOOK_UP,
    ),
)
REGISTER = Statement.of(_SOURCE)
"""The statement that registers reference numbers: memberships and numbers are arrays."""


@dataclass(frozen=True, slots=True)
class RegistrationResult:
    """The statement's result: the quota, and each registration's outcome; none without a quota."""

    quota: LookUpQuota
    outcomes: Sequence[str]


async def register(
    database: Database,
    caller: Caller,
    registrations: Sequence[ReferenceRegistration],
    *,
    limits: tuple[int, int],
) -> RegistrationResult:
    """Register, record and count misses in one statement.

    Rows after the last miss allowed are not looked up.
    """
    terminal_limit, facility_limit = limits
    rows = [membership_values(one) | {"reference_number": one.reference_number} for one in registrations]
    values = {
        "client_id": caller.client_id,
        "right": Right.ELIGIBILITY.value,
        "terminal_limit": terminal_limit,
        "facility_limit": facility_limit,
        **{name: [row[name] for row in rows] for name in rows[0]},
    }
    [row] = await database.fetch(REGISTER.text, REGISTER.parameters(values))
    return RegistrationResult(LookUpQuota.of(row), row["outcomes"] or ())
