"""SQL of emergencies: one statement checks, spends the one-time password, grants and records.

A wrong password is counted.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from eligibility_api.clients.caller import Caller
from eligibility_api.clients.staff import PATIENT, STAFF_CHECK, STAFF_MISSING
from eligibility_api.consent.access_check import PROTECTED, RIGHT_FOR
from eligibility_api.contract.consent import Basis
from eligibility_api.contract.emergency import EmergencyRequest
from eligibility_api.database.connections import Database
from eligibility_api.domain.permits import MAX_PRESENCE_AGE, WINDOW_WITHOUT_CONSENT

WINDOW = f"interval '{WINDOW_WITHOUT_CONSENT // timedelta(hours=1)} hours'"
"""The maximum duration of a permit without consent."""

_SECRET = """
SELECT o.totp_secret, fund_clock() AS now
FROM facility_operator o
WHERE o.institution_code = $1 AND o.operator = $2 AND o.emergency AND o.ended_at IS NULL
"""

_STATEMENT = """
WITH {guard},
{patient},
judged AS MATERIALIZED (
    SELECT g.*, p.person_key, p.matched_entitlements, CASE
        WHEN $6::text IS NOT NULL THEN $6
        WHEN NOT EXISTS (
            SELECT FROM facility_operator o
            WHERE o.institution_code = g.institution_code AND o.operator = $4 AND o.totp_secret = $7::bytea
              AND o.emergency AND o.ended_at IS NULL
            OFFSET 0
        ) THEN 'staff-not-authorised'
        WHEN {staff_missing} THEN 'staff-not-authorised'
        WHEN p.person_key IS NULL THEN 'not-identified' END AS refusal
    FROM guard g LEFT JOIN patient p ON true
    WHERE g.admitted AND g.entitled
),
spent_now AS (
    INSERT INTO used_nonce (expires_at, id)
    SELECT $8::timestamptz, $9::bytea FROM judged WHERE refusal IS NULL AND $8 IS NOT NULL
    ON CONFLICT DO NOTHING
    RETURNING true AS done
),
-- A right password takes this row lock too, after earlier wrong ones: concurrent attempts cannot exceed the limit.
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
decided AS MATERIALIZED (
    SELECT j.*, CASE
        WHEN refusal IS NOT NULL THEN refusal
        WHEN NOT EXISTS (SELECT FROM counted) THEN 'second-factor-limit'
        WHEN NOT EXISTS (SELECT FROM spent_now) THEN 'second-factor-refused'
        -- Checked last: without the second factor nobody learns that a person is protected.
        WHEN {protected} THEN 'card-not-usable'
        ELSE 'permitted' END AS outcome
    FROM judged j
),
{recorded},
{permitted}
SELECT g.admitted, g.entitled, s.outcome, r.record_id, p.given_at, p.until
FROM guard g LEFT JOIN decided s ON true LEFT JOIN recorded r ON true LEFT JOIN permitted p ON true
"""

RECORD_CTE = """
recorded AS (
    INSERT INTO audit_record (kind, outcome, client_id, institution_code, facility_kind, operator, person_key, consents,
                              detail)
    SELECT '{kind}', outcome, $1, institution_code, facility_kind, {operator}, person_key, {categories}::text[],
           jsonb_strip_nulls(jsonb_build_object('role', {role}::text, 'permit', CASE WHEN outcome = 'permitted' THEN {permit}::uuid END)
                             || {reason})
    FROM decided
    RETURNING record_id
)
"""
"""The audit record of an attempt, whatever its outcome, with the requested categories.

Values come from parameters (`role` and so on) or from `decided`.
"""

PERMIT_CTE = """
permitted AS (
    INSERT INTO permit (permit_id, basis, person_key, matched_entitlements, institution_code, client_id, care, categories,
                        given_at, until, operator, reason, record_id)
    SELECT {permit}, '{basis}', person_key, matched_entitlements, institution_code, $1, '4', {categories}, now, {until},
           {operator}, {reason}, record_id
    FROM decided CROSS JOIN recorded WHERE outcome = 'permitted'
    RETURNING given_at, until
)
"""
"""The permit, for emergency care (OQSCD028), with the record that it belongs to."""

_PLACES = {
    "role": "$3",
    "operator": "$4",
    "categories": "$11",
    "permit": "$12",
    "reason": "$13::jsonb",
}

_PERMIT = _STATEMENT.format(
    guard=STAFF_CHECK,
    patient=PATIENT.format(record="$5", within=f"'{MAX_PRESENCE_AGE // timedelta(minutes=1)} minutes'"),
    staff_missing=STAFF_MISSING.format(institution="g.institution_code", **_PLACES),
    protected=PROTECTED.format(person_key="j.person_key", now="j.now"),
    recorded=RECORD_CTE.format(kind="emergency.permit", **_PLACES),
    permitted=PERMIT_CTE.format(basis=Basis.EMERGENCY, until=f"now + {WINDOW}", **_PLACES),
)
"""The statement of an emergency permit.

Parameters: client, right, role, operator; the patient's record, a refusal known before, the operator's secret
as stored, the one-time password's expiry and id (null: it is wrong), the limit; then those of `RECORD_CTE`
and `PERMIT_CTE`.
"""


@dataclass(frozen=True, slots=True)
class SecondFactor:
    """An operator's second factor as stored (encrypted), and the present instant by the fund's clock."""

    stored: bytes
    now: datetime


@dataclass(frozen=True, slots=True)
class UsedPassword:
    """A correct one-time password as a single-use value: its expiry and id."""

    expires_at: datetime
    id: bytes


async def second_factor(database: Database, caller: Caller, operator: str) -> SecondFactor | None:
    """The second factor of an operator registered for emergencies; None for anybody else."""
    rows = await database.fetch(_SECRET, [caller.institution(), operator])
    return SecondFactor(rows[0]["totp_secret"], rows[0]["now"]) if rows else None


async def permit(
    database: Database,
    caller: Caller,
    request: EmergencyRequest,
    permit_id: UUID,
    *,
    refusal: str | None,
    stored: bytes | None,
    used: UsedPassword | None,
    limit: int,
) -> Any:
    """Grant a permit or refuse it; recorded in any case.

    Returns a row with `admitted`, `entitled`, `outcome`, `record_id`, `given_at`, `until`.
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
