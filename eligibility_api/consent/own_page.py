"""SQL that finds the consents which a person gave a facility on her own page, for a person whom it identified (W17)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from eligibility_api.clients.caller import Caller
from eligibility_api.clients.staff import PATIENT, STAFF_CHECK, check_admitted
from eligibility_api.consent.access_check import REASSIGNED
from eligibility_api.contract.categories import CATEGORIES
from eligibility_api.contract.codes import Care, Right
from eligibility_api.contract.consent import Basis, ConsentStatus
from eligibility_api.contract.durations import MAX_IDENTIFICATION_AGE
from eligibility_api.database.connections import Database
from eligibility_api.enrolment.known import NOT_SUPERSEDED, known_at

FIND = f"""
WITH {STAFF_CHECK.strip()},
{PATIENT.format(record="$3", within="$4").strip()},
current_enrolment AS MATERIALIZED (
    SELECT e.entitlement, e.self_disclosure_blocked OR e.mismatch = 'open' AS protected
    FROM guard g CROSS JOIN patient p JOIN enrolment e ON e.person_key = p.person_key {known_at("g.now")}
    WHERE {NOT_SUPERSEDED}
),
judged AS MATERIALIZED (
    SELECT g.*, p.person_key, CASE
        WHEN p.person_key IS NULL THEN 'not-identified'
        WHEN {REASSIGNED} OR EXISTS (SELECT FROM current_enrolment WHERE protected) THEN 'card-not-usable'
        ELSE 'answered' END AS outcome
    FROM guard g LEFT JOIN patient p ON true
    WHERE g.admitted AND g.entitled
),
found AS MATERIALIZED (
    SELECT p.permit_id, p.basis, p.care, p.categories, p.given_at, p.available_from, p.until
    FROM judged g
    JOIN permit p ON p.person_key = g.person_key
    LEFT JOIN permit_end e ON e.permit_id = p.permit_id
    WHERE g.outcome = 'answered' AND p.institution_code = g.institution_code AND p.basis = '{Basis.OWN_ACCESS}'
      AND p.until > g.now AND e.permit_id IS NULL
),
recorded AS (
    INSERT INTO audit_record (kind, outcome, client_id, institution_code, facility_kind, person_key, detail)
    SELECT 'consent.read', replace(outcome, 'answered', 'done'), $1, institution_code, facility_kind, person_key,
           jsonb_build_object('identified_by', $3::uuid, 'permits', (SELECT coalesce(jsonb_agg(permit_id), '[]') FROM found))
    FROM judged
    RETURNING record_id
)
SELECT g.admitted, g.entitled, j.outcome, r.record_id, f.*
FROM guard g LEFT JOIN judged j ON true LEFT JOIN recorded r ON true LEFT JOIN found f ON true
ORDER BY f.given_at DESC, f.permit_id
"""  # noqa: S608 - constants of the store, no values
"""Parameters: client, right, the record that identified her, and its greatest age."""


@dataclass(frozen=True, slots=True)
class FoundConsents:
    """What was found: the recorded outcome, and the consents, newest first."""

    outcome: str
    record_id: UUID
    consents: list[ConsentStatus]


async def find(database: Database, caller: Caller, identified_by: UUID) -> FoundConsents:
    """Find and record. Raises `client-closed` and `right-missing`, which leave no record."""
    right = Right.CONSENT if Right.CONSENT in caller.rights else None
    rows = await database.fetch(FIND, [caller.client_id, right, identified_by, MAX_IDENTIFICATION_AGE])
    check_admitted(rows[0])
    return FoundConsents(
        rows[0]["outcome"],
        rows[0]["record_id"],
        [_status(row) for row in rows if row["permit_id"] is not None],
    )


def _status(row: Any) -> ConsentStatus:
    return ConsentStatus(
        consent_id=row["permit_id"],
        basis=Basis(row["basis"]),
        care=Care(row["care"]),
        categories=[category for category in CATEGORIES if category in row["categories"]],
        given_at=row["given_at"],
        available_from=row["available_from"],
        available_until=row["until"],
        ended_at=None,
        end_reason=None,
    )
