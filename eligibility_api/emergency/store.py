"""The SQL of emergencies: one statement that judges, uses up the one-time password, counts a wrong one, permits, records."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from eligibility_api.clients.caller import Caller
from eligibility_api.clients.staff import PATIENT, STAFF_CHECK, STAFF_MISSING
from eligibility_api.consent.gate import PROTECTED, RIGHT_FOR
from eligibility_api.contract.consent import Basis
from eligibility_api.contract.emergency import EmergencyRequest
from eligibility_api.database.connections import Database

LONGEST = "interval '24 hours'"
"""How long a permit without consent lets look at most."""

_SECRET = """
SELECT o.totp_secret, fund_clock() AS now
FROM facility_operator o
WHERE o.institution_code = $1 AND o.operator = $2 AND o.emergency AND o.ended_at IS NULL
"""

_STATEMENT = """
WITH {gate},
{patient},
judged AS MATERIALIZED (
    SELECT g.*, p.person_key, p.asked, CASE
        WHEN $6::text IS NOT NULL THEN $6
        WHEN NOT EXISTS (
            SELECT FROM facility_operator o
            WHERE o.institution_code = g.institution_code AND o.operator = $4 AND o.totp_secret = $7::bytea
              AND o.emergency AND o.ended_at IS NULL
        ) THEN 'staff-not-authorised'
        WHEN {staff_missing} THEN 'staff-not-authorised'
        WHEN p.person_key IS NULL THEN 'not-identified' END AS refusal
    FROM gate g LEFT JOIN patient p ON true
    WHERE g.admitted AND g.entitled
),
spent_now AS (
    INSERT INTO spent (expires_at, id)
    SELECT $8::timestamptz, $9::bytea FROM judged WHERE refusal IS NULL AND $8 IS NOT NULL
    ON CONFLICT DO NOTHING
    RETURNING true AS done
),
-- A right one passes here too, behind the wrong ones that came before it: together they cannot pass the limit.
counted AS (
    INSERT INTO second_factor_miss AS m (institution_code, operator, hour, misses)
    SELECT institution_code, $4, date_trunc('hour', now), (NOT EXISTS (SELECT FROM spent_now))::integer
    FROM judged WHERE refusal IS NULL AND $10::integer > 0
    ON CONFLICT (institution_code, operator) DO UPDATE SET
        misses = excluded.misses + CASE WHEN m.hour < excluded.hour THEN 0 ELSE m.misses END,
        hour = greatest(m.hour, excluded.hour)
    WHERE m.hour < excluded.hour OR m.misses < $10
    RETURNING true AS done
),
settled AS MATERIALIZED (
    SELECT j.*, CASE
        WHEN refusal IS NOT NULL THEN refusal
        WHEN NOT EXISTS (SELECT FROM counted) THEN 'second-factor-limit'
        WHEN NOT EXISTS (SELECT FROM spent_now) THEN 'second-factor-refused'
        -- Only now: who has no second factor does not learn that somebody is protected.
        WHEN {protected} THEN 'card-not-usable'
        ELSE 'permitted' END AS outcome
    FROM judged j
),
{recorded},
{permitted}
SELECT g.admitted, g.entitled, s.outcome, r.record_id, p.given_at, p.until
FROM gate g LEFT JOIN settled s ON true LEFT JOIN recorded r ON true LEFT JOIN permitted p ON true
"""

RECORDED = """
recorded AS (
    INSERT INTO audit_record (kind, outcome, client_id, institution_code, facility_kind, operator, person_key, consents,
                              detail)
    SELECT '{kind}', outcome, $1, institution_code, facility_kind, {operator}, person_key, {categories}::text[],
           jsonb_strip_nulls(jsonb_build_object('role', {role}::text, 'permit', CASE WHEN outcome = 'permitted' THEN {permit}::uuid END)
                             || {reason})
    FROM settled
    RETURNING record_id
)
"""
"""The record of an attempt, whatever came of it, with the categories asked for. Values stand in parameters (`role` and so
on), or in `settled`.
"""

PERMITTED = """
permitted AS (
    INSERT INTO permit (permit_id, basis, person_key, asked, institution_code, client_id, care, categories, given_at, until,
                        operator, reason, record_id)
    SELECT {permit}, '{basis}', person_key, asked, institution_code, $1, '4', {categories}, now, {until}, {operator}, {reason}, record_id
    FROM settled CROSS JOIN recorded WHERE outcome = 'permitted'
    RETURNING given_at, until
)
"""
"""The permit, in emergency care (OQSCD028), and the record that it hangs on."""

_PLACES = {
    "role": "$3",
    "operator": "$4",
    "categories": "$11",
    "permit": "$12",
    "reason": "$13::jsonb",
}

_PERMIT = _STATEMENT.format(
    gate=STAFF_CHECK,
    patient=PATIENT.format(record="$5", within="'10 minutes'"),
    staff_missing=STAFF_MISSING.format(institution="g.institution_code", **_PLACES),
    protected=PROTECTED.format(person_key="j.person_key", now="j.now"),
    recorded=RECORDED.format(kind="emergency.permit", **_PLACES),
    permitted=PERMITTED.format(basis=Basis.EMERGENCY, until=f"now + {LONGEST}", **_PLACES),
)
"""Parameters: client, right, role, operator; the patient's record, a refusal known before, the operator's secret as stored,
the one-time password's end and id (null: it is wrong), the limit; then `RECORDED`'s and `PERMITTED`'s.
"""


@dataclass(frozen=True, slots=True)
class Factor:
    """An operator's second factor as stored, and the fund's instant."""

    stored: bytes
    now: datetime


@dataclass(frozen=True, slots=True)
class Used:
    """A one-time password that is right, as what is spent: until when, under which id."""

    expires_at: datetime
    id: bytes


async def second_factor(database: Database, caller: Caller, operator: str) -> Factor | None:
    """The second factor of somebody who may look in an emergency; None for anybody else."""
    rows = await database.fetch(_SECRET, [caller.institution(), operator])
    return Factor(rows[0]["totp_secret"], rows[0]["now"]) if rows else None


async def permit(
    database: Database,
    caller: Caller,
    request: EmergencyRequest,
    permit_id: UUID,
    *,
    refusal: str | None,
    stored: bytes | None,
    used: Used | None,
    limit: int,
) -> Any:
    """Permit to look, or not; on record in any case. A row with `admitted`, `entitled`, `outcome`, `record_id`,
    `given_at`, `until`.
    """
    reason = request.model_dump_json(include={"reason", "note"})
    parameters: list[Any] = [
        caller.client_id,
        RIGHT_FOR[Basis.EMERGENCY].value,
        request.role.value,
        request.operator,
        request.identified_by,
        refusal,
        stored,
        used.expires_at if used is not None else None,
        used.id if used is not None else None,
        limit,
        [category.value for category in request.categories],
        permit_id,
        reason,
    ]
    [row] = await database.fetch(_PERMIT, parameters)
    return row
