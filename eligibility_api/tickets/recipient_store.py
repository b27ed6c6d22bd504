"""SQL of a facility's list of tickets: the recipients of medical aid who have one for it in a month.

One statement finds a page of them by the facility's own code, reads what a look-up by number would read about each,
and writes an audit record for each.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any
from uuid import UUID

from eligibility_api.audit_log.in_order import recorded_in_order
from eligibility_api.clients.caller import Caller
from eligibility_api.clients.operator import Operator
from eligibility_api.clients.staff import check_admitted
from eligibility_api.contract.codes import FacilityKind, Right
from eligibility_api.database.connections import Database
from eligibility_api.domain.eligibility import RULE_VERSION
from eligibility_api.domain.enrolment_version import EnrolmentVersion
from eligibility_api.eligibility.tickets import tickets_known
from eligibility_api.eligibility.versions import (
    ENROLMENT_COLUMNS,
    REFERENCE_FOR,
    TICKETS_FOR,
    VERSIONS_FOR,
    enrolment_version,
)
from eligibility_api.enrolment.known import KNOWN_NOW, NOT_SUPERSEDED, known_at
from eligibility_api.platform.sql import Statement

_STATEMENT = """
WITH guard AS MATERIALIZED (
    SELECT t.client_id IS NOT NULL AS admitted, coalesce(:right::text = ANY (t.rights), false) AS entitled,
           t.institution_code, t.kind AS facility_kind
    FROM (VALUES (true)) AS always (one)
    LEFT JOIN (
        SELECT c.client_id, c.rights, f.institution_code, f.kind
        FROM client c JOIN facility f USING (institution_code)
        WHERE c.client_id = :client_id AND c.closed_at IS NULL AND f.closed_at IS NULL
    ) t ON true
),
listed AS MATERIALIZED (
    SELECT k.entitlement
    FROM guard g
    CROSS JOIN LATERAL (
        SELECT DISTINCT k.entitlement
        FROM medical_ticket k
        WHERE k.institution_code = g.institution_code AND k.month = :month AND k.entitlement > :after
        ORDER BY k.entitlement
        LIMIT :limit
    ) k
    WHERE g.admitted AND g.entitled
),
-- A ticket counts on its days (S7): each is asked about on the one of them that is nearest to today.
asked AS MATERIALIZED (
    SELECT row_number() OVER (ORDER BY entitlement, as_of) AS place, d.*
    FROM (
        SELECT DISTINCT l.entitlement, greatest(least(:today::date, k.valid_to), k.valid_from) AS as_of
        FROM guard g
        CROSS JOIN listed l
        JOIN medical_ticket k ON k.entitlement = l.entitlement AND k.month = :month AND k.institution_code = g.institution_code
        {tickets_known_now}
        WHERE {not_superseded}
    ) d
),
found AS MATERIALIZED (
    SELECT g.*, a.place, a.as_of, ARRAY[a.entitlement] AS matched, f.person_key, f.persons, f.unlinked
    FROM guard g
    CROSS JOIN asked a
    CROSS JOIN LATERAL (
        SELECT CASE WHEN count(DISTINCT coalesce(e.person_key, ''::bytea)) = 1 THEN min(e.person_key) END AS person_key,
               array_agg(DISTINCT e.person_key) FILTER (WHERE e.person_key IS NOT NULL) AS persons,
               array_agg(e.version) FILTER (WHERE e.person_key IS NULL) AS unlinked
        FROM enrolment e
        {known_now}
        WHERE e.entitlement = a.entitlement AND {not_superseded}
    ) f
    WHERE f.persons IS NOT NULL OR f.unlinked IS NOT NULL
),
reading AS MATERIALIZED (
    SELECT g.place AS read_for, {columns}, {tickets}
    FROM found g
    CROSS JOIN LATERAL (
        SELECT e.* FROM unnest(g.unlinked) AS u (version) JOIN enrolment e USING (version)
        UNION ALL
        SELECT e.*
        FROM unnest(g.persons) AS p (person_key) JOIN enrolment e USING (person_key)
        {known_now}
        WHERE {not_superseded}
    ) e
    JOIN revision o ON o.revision = e.opened_by
),
inserted AS (
    INSERT INTO audit_record (kind, outcome, client_id, institution_code, facility_kind, operator, person_key, as_of,
                              enrolments, matched_entitlements, tickets, rule_version, detail)
    SELECT 'eligibility.tickets', 'answered', :client_id, g.institution_code, g.facility_kind, :operator, g.person_key, g.as_of,
           {versions_for}, g.matched, {tickets_for}, {rule}, jsonb_build_object('role', :role::text)
    FROM found g
    ORDER BY g.place
    RETURNING record_id, recorded_at, outcome, matched_entitlements
),
{recorded}
SELECT c.admitted, c.entitled, c.facility_kind, l.read, l.last, g.place, g.as_of, g.matched, g.person_key,
       r.record_id, r.recorded_at, n.reference_number, e.*
FROM guard c
CROSS JOIN (SELECT count(*) AS read, max(entitlement) AS last FROM listed) l
LEFT JOIN found g ON true
LEFT JOIN recorded r ON r.place = g.place
{reference}
LEFT JOIN reading e ON e.read_for = g.place
ORDER BY g.place
"""

RECIPIENTS = Statement.of(
    _STATEMENT.format(
        tickets_known_now=known_at("now()", of="k").strip(),
        known_now=KNOWN_NOW.strip(),
        not_superseded=NOT_SUPERSEDED,
        columns=ENROLMENT_COLUMNS,
        tickets=tickets_known(instant="now()", as_of="g.as_of", institution="g.institution_code"),
        versions_for=VERSIONS_FOR,
        tickets_for=TICKETS_FOR,
        rule=RULE_VERSION,
        recorded=recorded_in_order("found", {"matched_entitlements": "matched"}),
        reference=REFERENCE_FOR.strip(),
    )
)
"""A page of the recipients with a ticket for the caller's facility in a month, in the order of their entitlements."""


@dataclass(frozen=True, slots=True)
class TicketQuery:
    """A page: the month's first day, today, and at most `limit` recipients after an entitlement."""

    month: date
    today: date
    after: int
    limit: int


@dataclass(frozen=True, slots=True)
class Recipient:
    """What was read about one recipient for a day, and its record."""

    record_id: UUID
    recorded_at: datetime
    as_of: date
    facility_kind: FacilityKind
    asked: frozenset[int]
    person_key: bytes | None
    reference_number: str | None
    enrolments: Sequence[EnrolmentVersion]


@dataclass(frozen=True, slots=True)
class RecipientPage:
    """Recipients, and the entitlement after which the next page begins; None at the end."""

    recipients: Sequence[Recipient]
    after: int | None


async def recipients(
    database: Database, caller: Caller, query: TicketQuery, operator: Operator
) -> RecipientPage:
    """Read and record a page in one statement. Raises `client-closed` and `right-missing`."""
    values = {
        "client_id": caller.client_id,
        "right": Right.ELIGIBILITY.value,
        "month": query.month,
        "today": query.today,
        "after": query.after,
        "limit": query.limit,
        "operator": operator.name,
        "role": operator.role.value,
    }
    rows = await database.fetch(RECIPIENTS.text, RECIPIENTS.parameters(values))
    first = rows[0]
    check_admitted(first)
    found = [
        _recipient(list(of_place))
        for place, of_place in groupby(rows, key=lambda row: row["place"])
        if place is not None
    ]
    return RecipientPage(found, first["last"] if first["read"] == query.limit else None)


def _recipient(rows: Sequence[Any]) -> Recipient:
    first = rows[0]
    return Recipient(
        record_id=first["record_id"],
        recorded_at=first["recorded_at"],
        as_of=first["as_of"],
        facility_kind=FacilityKind(first["facility_kind"]),
        asked=frozenset(first["matched"]),
        person_key=first["person_key"],
        reference_number=first["reference_number"],
        enrolments=[enrolment_version(row) for row in rows if row["version"] is not None],
    )
