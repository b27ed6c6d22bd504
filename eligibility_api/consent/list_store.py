"""SQL of a facility's list of consents to care beyond a visit: a page, each judged and recorded as its status is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from eligibility_api.clients.caller import Caller
from eligibility_api.clients.operator import Operator
from eligibility_api.clients.staff import check_admitted
from eligibility_api.consent.access_check import CONSENT_BASES, PROTECTED
from eligibility_api.contract.categories import CATEGORIES
from eligibility_api.contract.codes import Care, EndReason, Right
from eligibility_api.contract.consent import Basis, ConsentStatus
from eligibility_api.contract.facility_kinds import MEDICAL_KINDS
from eligibility_api.database.connections import Database
from eligibility_api.platform.sql import Statement

# The form of care is written out, so that the index, which has these forms only, serves the statement.
_STATEMENT = """
WITH guard AS MATERIALIZED (
    SELECT t.client_id IS NOT NULL AS admitted,
           coalesce(:right::text = ANY (t.rights), false) AND t.kind = ANY ('{{{medical_kinds}}}') AS entitled,
           t.institution_code, t.kind AS facility_kind, c.now
    FROM (SELECT window_clock() AS now) c
    LEFT JOIN (
        SELECT c.client_id, c.rights, f.institution_code, f.kind
        FROM client c JOIN facility f USING (institution_code)
        WHERE c.client_id = :client_id AND c.closed_at IS NULL AND f.closed_at IS NULL
    ) t ON true
),
page AS MATERIALIZED (
    SELECT p.*
    FROM guard g
    CROSS JOIN LATERAL (
        SELECT p.permit_id, p.basis, p.person_key, p.care, p.categories, p.given_at, p.available_from, p.until
        FROM permit p
        WHERE p.institution_code = g.institution_code AND p.care = '{care}' AND p.basis IN ({bases})
          AND (p.given_at, p.permit_id) > (:after_instant, :after_id) AND p.given_at < :before
        ORDER BY p.given_at, p.permit_id
        LIMIT :limit
    ) p
    WHERE g.admitted AND g.entitled
),
judged AS MATERIALIZED (
    SELECT g.institution_code, g.facility_kind, p.*, e.ended_at, e.reason AS end_reason,
           CASE WHEN {protected} THEN 'card-not-usable' ELSE 'done' END AS outcome
    FROM guard g
    CROSS JOIN page p
    LEFT JOIN permit_end e ON e.permit_id = p.permit_id
),
recorded AS (
    INSERT INTO audit_record (kind, outcome, client_id, institution_code, facility_kind, operator, person_key, detail)
    SELECT 'consent.read', outcome, :client_id, institution_code, facility_kind, :operator, person_key,
           jsonb_build_object('permit', permit_id, 'basis', basis, 'role', :role::text)
    FROM judged
    ORDER BY given_at, permit_id
)
SELECT c.admitted, c.entitled, j.*
FROM guard c LEFT JOIN judged j ON true
ORDER BY j.given_at, j.permit_id
"""


def _statement(care: Care) -> Statement:
    source = _STATEMENT.format(
        medical_kinds=",".join(sorted(MEDICAL_KINDS)),
        care=care.value,
        bases=", ".join(f"'{basis}'" for basis in sorted(CONSENT_BASES)),
        protected=PROTECTED.format(now="g.now", person_key="p.person_key"),
    )
    return Statement.of(source)


LISTS = {care: _statement(care) for care in (Care.HOME_VISIT, Care.ONLINE)}
"""A page of the caller's facility's consents, by the form of care."""


@dataclass(frozen=True, slots=True)
class ConsentQuery:
    """A page: at most `limit` consents, registered after an instant and id and before another instant."""

    care: Care
    after: tuple[datetime, UUID]
    before: datetime
    limit: int


@dataclass(frozen=True, slots=True)
class ListedConsent:
    """A consent and its recorded outcome: `done`, or the refusal of what is protected (W6)."""

    outcome: str
    status: ConsentStatus


async def consents(
    database: Database, caller: Caller, query: ConsentQuery, operator: Operator
) -> Sequence[ListedConsent]:
    """Read and record a page in one statement. Raises `client-closed` and `right-missing`."""
    statement = LISTS[query.care]
    values = {
        "client_id": caller.client_id,
        "right": Right.CONSENT.value,
        "after_instant": query.after[0],
        "after_id": query.after[1],
        "before": query.before,
        "limit": query.limit,
        "operator": operator.name,
        "role": operator.role.value,
    }
    rows = await database.fetch(statement.text, statement.parameters(values))
    check_admitted(rows[0])
    return [_listed(row) for row in rows if row["permit_id"] is not None]


def _listed(row: Any) -> ListedConsent:
    status = ConsentStatus(
        consent_id=row["permit_id"],
        basis=Basis(row["basis"]),
        care=Care(row["care"]),
        categories=[category for category in CATEGORIES if category in row["categories"]],
        given_at=row["given_at"],
        available_from=row["available_from"],
        available_until=row["until"],
        ended_at=row["ended_at"],
        end_reason=EndReason(row["end_reason"]) if row["end_reason"] is not None else None,
    )
    return ListedConsent(row["outcome"], status)
