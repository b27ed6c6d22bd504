"""SQL of the check of duplicate medication: one statement checks who asks, reads the entries, and records."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from eligibility_api.clients.caller import Caller
from eligibility_api.clients.operator import Operator
from eligibility_api.clients.staff import PATIENT, STAFF_CHECK, STAFF_MISSING, check_admitted
from eligibility_api.consent.access_check import PROTECTED, access_check, access_parameters, recorded_cte
from eligibility_api.contract.codes import Category, FacilityKind, Right
from eligibility_api.contract.durations import IDENTIFICATION_HOURS
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.contract.history import CareSetting, Origin
from eligibility_api.database.connections import Database
from eligibility_api.domain.claims import content_of
from eligibility_api.domain.duplicates import MAX_ENTRIES, Compared, within_limits
from eligibility_api.domain.history import HistoryRecord
from eligibility_api.enrolment.known import NOT_SUPERSEDED, known_at

MAX_AGE = timedelta(days=1100)
"""How long ago an entry that is compared may have been registered: 999 days of supply, and 100 of registration."""

_MEMBERSHIPS = f"""ARRAY(
            SELECT e.entitlement FROM enrolment e {known_at("j.now")}
            WHERE e.person_key = j.person_key AND {NOT_SUPERSEDED}
        )"""  # noqa: S608 - constants of the store, no values
"""SQL: the memberships that are the person's by current knowledge; one that is no longer identifies nobody (W11)."""

_STATEMENT = """
WITH {guard},
{patient},
person AS MATERIALIZED (
    SELECT g.*, p.person_key, p.matched_entitlements FROM guard g LEFT JOIN patient p ON true WHERE g.admitted AND g.entitled
),
judged AS MATERIALIZED (
    SELECT j.*, CASE
        WHEN j.facility_kind <> ALL ($6::text[]) THEN 'facility-kind-not-permitted'
        WHEN $7::text IS NOT NULL THEN $7
        WHEN {staff_missing} THEN 'staff-not-authorised'
        WHEN j.person_key IS NULL OR NOT j.matched_entitlements <@ {memberships} THEN 'not-identified'
        WHEN {protected} THEN 'card-not-usable'
        ELSE 'done' END AS outcome
    FROM person j
),
reading AS MATERIALIZED (
    SELECT p.entry, p.origin, p.known_from, p.institution_code AS institution, p.prescriber_name, p.content::text,
           p.prescribed_on, p.dispensed_on
    FROM judged j
    JOIN prescription_entry p ON p.person_key = j.person_key AND p.known_from <= j.now AND p.known_from > j.now - $9::interval
    WHERE j.outcome = 'done'
      AND (p.matched_entitlements IS NULL OR p.matched_entitlements <@ {memberships})
    ORDER BY p.known_from DESC, p.entry DESC
    LIMIT $10
),
recorded AS (
    INSERT INTO audit_record (kind, outcome, client_id, institution_code, facility_kind, operator, person_key, as_of, detail)
    SELECT 'duplicates.checked', outcome, $1, institution_code, facility_kind, $4, person_key, $8::date,
           jsonb_strip_nulls(jsonb_build_object(
               'role', $3::text, 'entries', (SELECT jsonb_agg(entry ORDER BY entry) FROM reading)))
    FROM judged
    RETURNING record_id, recorded_at
)
SELECT g.admitted, g.entitled, g.institution_code, j.outcome, j.person_key, r.record_id, r.recorded_at,
       (SELECT max(load) FROM drug_load) AS drug_load, x.*
FROM guard g LEFT JOIN judged j ON true LEFT JOIN recorded r ON true LEFT JOIN reading x ON true
"""

_CHECK = _STATEMENT.format(
    guard=STAFF_CHECK,
    patient=PATIENT.format(record="$5", within=f"'{IDENTIFICATION_HOURS} hours'"),
    staff_missing=STAFF_MISSING.format(role="$3", operator="$4", institution="j.institution_code"),
    memberships=_MEMBERSHIPS,
    protected=PROTECTED.format(now="j.now", person_key="j.person_key"),
)

_DISCLOSE = f"""
WITH {access_check(category=Category.PRESCRIPTION)},
{recorded_cte("duplicates.disclosed", category=Category.PRESCRIPTION)}
SELECT g.outcome, g.person_key FROM guard g CROSS JOIN recorded r
"""  # noqa: S608 - parts of the access check, no values


@dataclass(frozen=True, slots=True)
class CheckRows:
    """The statement's result: the record, the person, and the entries to compare."""

    record_id: UUID
    recorded_at: datetime
    institution_code: str
    person_key: bytes
    drug_load: int | None
    compared: Compared


async def read_entries(
    database: Database,
    caller: Caller,
    operator: Operator,
    identified_by: UUID,
    *,
    on: date,
    kinds: Collection[FacilityKind],
    refusal: str | None,
) -> CheckRows:
    """The entries of the patient whom the facility identified, for a facility of one of `kinds`, up to the limits (M9).

    Raises its refusals, recorded; `refusal` is one that is known before.
    """
    parameters: list[Any] = [
        caller.client_id,
        Right.PRESCRIPTION.value,
        operator.role.value,
        operator.name,
        identified_by,
        sorted(kinds),
        refusal,
        on,
        MAX_AGE,
        MAX_ENTRIES + 1,
    ]
    rows = await database.fetch(_CHECK, parameters)
    first = rows[0]
    check_admitted(first)
    if first["outcome"] != "done":
        raise ShikakuError(first["outcome"])
    return CheckRows(
        record_id=first["record_id"],
        recorded_at=first["recorded_at"],
        institution_code=first["institution_code"],
        person_key=first["person_key"],
        drug_load=first["drug_load"],
        compared=within_limits(map(_entry, _newest_first(rows))),
    )


def _newest_first(rows: Sequence[Any]) -> Sequence[Any]:
    entries = [row for row in rows if row["entry"] is not None]
    return sorted(entries, key=lambda row: (row["known_from"], row["entry"]), reverse=True)


def _entry(row: Any) -> HistoryRecord:
    day = row["dispensed_on"] or row["prescribed_on"]
    content = content_of(json.loads(row["content"]), acts=False, diseases=False)
    return HistoryRecord(
        number=row["entry"],
        origin=Origin(row["origin"]),
        known_from=row["known_from"],
        identity=b"",
        institution_code=row["institution"],
        setting=CareSetting.PHARMACY if row["origin"] == Origin.DISPENSING else CareSetting.OUTPATIENT,
        month=day.replace(day=1),
        claim_month=None,
        content=content._replace(prescriber_name=row["prescriber_name"]),
        prescribed_on=row["prescribed_on"],
        dispensed_on=row["dispensed_on"],
    )


async def disclosed_person(
    database: Database, caller: Caller, operator: Operator, consent_id: UUID
) -> tuple[str, bytes | None]:
    """Outcome of the access check of a consent to `prescription`, recorded, and the person who gave it."""
    [row] = await database.fetch(_DISCLOSE, access_parameters(caller, consent_id, operator))
    return row["outcome"], row["person_key"]
