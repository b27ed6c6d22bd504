"""SQL of permits in disaster mode: one statement checks, grants and records, for a person found by a search."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from eligibility_api.clients.caller import Caller
from eligibility_api.clients.staff import PATIENT, STAFF_CHECK, STAFF_MISSING
from eligibility_api.consent.access_check import PROTECTED, RIGHT_FOR
from eligibility_api.contract.consent import Basis
from eligibility_api.contract.emergency import DisasterPermitRequest
from eligibility_api.contract.facility_kinds import MEDICAL_KINDS
from eligibility_api.database.connections import Database
from eligibility_api.domain.areas import areas_of
from eligibility_api.domain.permits import MAX_PRESENCE_AGE
from eligibility_api.emergency.disasters import OPEN_DISASTER
from eligibility_api.emergency.store import PERMIT_CTE, RECORD_CTE, WINDOW

_STATEMENT = """
WITH {guard},
{patient},
decided AS MATERIALIZED (
    SELECT g.*, d.disaster_id, d.closes_at, p.person_key, p.matched_entitlements, CASE
        WHEN g.facility_kind <> ALL ('{{{medical_kinds}}}') THEN 'right-missing'
        WHEN $6::text IS NOT NULL THEN $6
        WHEN {staff_missing} THEN 'staff-not-authorised'
        WHEN d.disaster_id IS NULL THEN 'disaster-mode-off'
        WHEN p.kind IS DISTINCT FROM 'disaster.search' THEN 'not-identified'
        WHEN {protected} THEN 'card-not-usable'
        ELSE 'permitted' END AS outcome
    FROM guard g
    LEFT JOIN patient p ON true
    {open_disaster}
    WHERE g.admitted AND g.entitled
),
{recorded},
{permitted}
SELECT g.admitted, g.entitled, s.outcome, r.record_id, p.given_at, p.until
FROM guard g LEFT JOIN decided s ON true LEFT JOIN recorded r ON true LEFT JOIN permitted p ON true
"""

_PLACES = {
    "role": "$3",
    "operator": "$4",
    "categories": "$7",
    "permit": "$8",
    "reason": "jsonb_strip_nulls(jsonb_build_object('disaster_id', disaster_id, 'consent', $9::text))",
}

_PERMIT = _STATEMENT.format(
    guard=STAFF_CHECK,
    patient=PATIENT.format(record="$5", within=f"'{MAX_PRESENCE_AGE // timedelta(minutes=1)} minutes'"),
    medical_kinds=",".join(sorted(MEDICAL_KINDS)),
    staff_missing=STAFF_MISSING.format(institution="g.institution_code", **_PLACES),
    protected=PROTECTED.format(person_key="p.person_key", now="g.now"),
    open_disaster=OPEN_DISASTER.format(areas="$10", now="g.now"),
    recorded=RECORD_CTE.format(kind="disaster.permit", **_PLACES),
    permitted=PERMIT_CTE.format(basis=Basis.DISASTER, until=f"least(now + {WINDOW}, closes_at)", **_PLACES),
)
"""The statement. Parameters: client, right, role, operator; the search's record, a refusal known before; those of
`RECORD_CTE` and `PERMIT_CTE`; and the facility's areas.
"""


async def permit(
    database: Database,
    caller: Caller,
    request: DisasterPermitRequest,
    permit_id: UUID,
    refusal: str | None,
) -> Any:
    """Grant a permit or refuse it; recorded in any case.

    Returns a row with `admitted`, `entitled`, `outcome`, `record_id`, `given_at`, `until`.
    """
    parameters: list[Any] = [
        caller.client_id,
        RIGHT_FOR[Basis.DISASTER].value,
        request.role.value,
        request.operator,
        request.identified_by,
        refusal,
        [category.value for category in request.categories],
        permit_id,
        request.consent.value,
        list(areas_of(caller.institution())),
    ]
    [row] = await database.fetch(_PERMIT, parameters)
    return row
