"""SQL of prescriptions and dispensings: one statement checks, records and stores."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import asyncpg

from eligibility_api.clients.caller import Caller
from eligibility_api.clients.operator import Operator
from eligibility_api.clients.staff import PATIENT, STAFF_CHECK, STAFF_MISSING
from eligibility_api.contract.codes import FacilityKind, Right
from eligibility_api.contract.durations import IDENTIFICATION_HOURS
from eligibility_api.contract.history import Origin
from eligibility_api.database.connections import Database
from eligibility_api.domain.claims import Content, encode

LEAD = timedelta(milliseconds=25)
"""How far `known_from` lies ahead of the statement: nothing is visible before its commit (decision 004)."""

_STATEMENT = """
WITH {guard},
{patient},
judged AS MATERIALIZED (
    SELECT g.*, p.person_key, p.matched_entitlements, f.entry_id AS former_id, f.record_id AS former_record,
           f.known_from AS former_from, CASE
        WHEN f.digest <> $7 THEN 'idempotency-key-reused'
        WHEN f.digest = $7 THEN 'former'
        WHEN g.facility_kind <> ALL ($8::text[]) THEN 'facility-kind-not-permitted'
        WHEN $9::text IS NOT NULL THEN $9
        WHEN {staff_missing} THEN 'staff-not-authorised'
        WHEN p.person_key IS NULL THEN 'not-identified'
        ELSE 'done' END AS outcome
    FROM guard g
    LEFT JOIN patient p ON true
    LEFT JOIN prescription_entry f ON f.institution_code = g.institution_code AND f.idempotency_key = $6
    WHERE g.admitted AND g.entitled
),
recorded AS (
    INSERT INTO audit_record (kind, outcome, client_id, institution_code, facility_kind, operator, person_key, as_of, detail)
    SELECT $10::text || '.recorded', outcome, $1, institution_code, facility_kind, $4, person_key, coalesce($12::date, $11::date),
           jsonb_strip_nulls(jsonb_build_object('role', $3::text, 'entry', CASE WHEN outcome = 'done' THEN $13::uuid END))
    FROM judged WHERE outcome <> 'former'
    RETURNING record_id
),
kept AS (
    INSERT INTO prescription_entry (entry_id, origin, person_key, matched_entitlements, institution_code, prescribed_on,
                                    dispensed_on, prescriber_code, prescriber_name, content, known_from, client_id, operator, record_id,
                                    idempotency_key, digest)
    SELECT $13, $10, j.person_key, j.matched_entitlements, j.institution_code, $11::date, $12::date,
           coalesce($14::text, j.institution_code),
           coalesce($15::text, j.facility_name), jsonb_set($16::jsonb, '{{0}}', to_jsonb(j.facility_name)),
           fund_clock() + $17::interval, $1, $4, r.record_id, $6, $7
    FROM judged j CROSS JOIN recorded r WHERE j.outcome = 'done'
    RETURNING known_from
)
SELECT g.admitted, g.entitled, j.outcome, coalesce(j.former_id, $13) AS entry_id,
       coalesce(j.former_record, r.record_id) AS record_id, coalesce(j.former_from, k.known_from) AS known_from
FROM guard g LEFT JOIN judged j ON true LEFT JOIN recorded r ON true LEFT JOIN kept k ON true
"""

_ADD = _STATEMENT.format(
    guard=STAFF_CHECK,
    patient=PATIENT.format(record="$5", within=f"'{IDENTIFICATION_HOURS} hours'"),
    staff_missing=STAFF_MISSING.format(role="$3", operator="$4", institution="g.institution_code"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A prescription or dispensing: its content, the days, and who prescribed (None: the facility itself)."""

    entry_id: UUID
    origin: Origin
    identified_by: UUID
    prescribed_on: date
    dispensed_on: date | None = None
    prescriber: tuple[str, str] | None = None
    content: Content


@dataclass(frozen=True, slots=True, kw_only=True)
class IdempotentCall:
    """A call as identified for repetition: its idempotency key, and the digest of the request."""

    key: str
    digest: bytes


async def add(
    database: Database,
    caller: Caller,
    operator: Operator,
    entry: Entry,
    call: IdempotentCall,
    *,
    kinds: Collection[FacilityKind],
    refusal: str | None,
) -> Any:
    """Store an entry from a facility of one of `kinds`, unless there is a `refusal`, and record it.

    It is one statement. Returns a row with `admitted`, `entitled`, `outcome` (`done`, `former` or the
    refusal), `entry_id`, `record_id`, `known_from`.
    """
    code, name = entry.prescriber or (None, None)
    parameters: list[Any] = [
        caller.client_id,
        Right.PRESCRIPTION.value,
        operator.role.value,
        operator.name,
        entry.identified_by,
        call.key,
        call.digest,
        sorted(kinds),
        refusal,
        entry.origin.value,
        entry.prescribed_on,
        entry.dispensed_on,
        entry.entry_id,
        code,
        name,
        encode(entry.content),
        LEAD,
    ]
    try:
        [row] = await database.fetch(_ADD, parameters)
    except asyncpg.UniqueViolationError:
        # An identical concurrent call was stored first: run again, the statement finds it.
        [row] = await database.fetch(_ADD, parameters)
    return row
