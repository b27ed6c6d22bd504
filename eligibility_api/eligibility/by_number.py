"""SQL of eligibility by number: one statement looks up, reads, counts a miss and writes the audit record.

An unknown number, a wrong birth date and a wrong branch behave alike: a descent of one unique index that
finds nothing. Only a hit reads more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from eligibility_api.clients.caller import Caller
from eligibility_api.contract.codes import Category, FacilityKind, Right
from eligibility_api.contract.membership import MembershipQuery
from eligibility_api.contract.references import ReferenceRegistration
from eligibility_api.database.connections import Database
from eligibility_api.domain.eligibility import RULE_VERSION
from eligibility_api.domain.enrolment_version import EnrolmentVersion
from eligibility_api.domain.membership import comparable
from eligibility_api.eligibility.misses import (
    COUNT_MISSES,
    LOOK_UP_CHECK,
    MAY_LOOK_UP,
    OVER_LIMIT,
    LookUpQuota,
)
from eligibility_api.eligibility.tickets import tickets_known
from eligibility_api.eligibility.versions import (
    ENROLMENT_COLUMNS,
    REFERENCE,
    TICKETS_READ,
    VERSIONS_READ,
    enrolment_version,
)
from eligibility_api.enrolment.known import KNOWN_NOW, NOT_SUPERSEDED, known_at

ANY_BRANCH = ("", "99")
"""The range of the index's last column that matches every branch."""

MATCHING_ENROLMENTS = """
asked AS MATERIALIZED (
    SELECT t.entitlement
    FROM guard g
    JOIN entitlement t ON t.insurer_number = {0} AND t.number_key = {1} AND t.symbol_key = {2} AND t.birth_date = {3}
                      AND t.branch_key BETWEEN {4} AND {5}
    WHERE {may_ask}
),
fitting AS MATERIALIZED (
    SELECT e.* FROM asked JOIN enrolment e USING (entitlement) {known} WHERE {not_superseded}
),
found AS MATERIALIZED (
    SELECT coalesce(array_agg(DISTINCT entitlement), '{{}}') AS asked,
           CASE WHEN count(DISTINCT coalesce(person_key, int8send(entitlement))) = 1 THEN min(person_key) END AS person_key
    FROM fitting
)
"""
"""The enrolments known of a membership.

Six parameters: insurer, number, symbol, birth date, first and last branch.

`found` is one row: the entitlements that match, and the person if they belong to exactly one.
"""

READING = """
reading AS MATERIALIZED (
    SELECT {columns}, {tickets}
    FROM guard g
    CROSS JOIN (
        SELECT f.* FROM fitting f WHERE f.person_key IS NULL
        UNION ALL
        SELECT e.*
        FROM (SELECT DISTINCT person_key FROM fitting) p
        JOIN enrolment e ON e.person_key = p.person_key
        {known}
        WHERE {not_superseded}
    ) e
    JOIN revision o ON o.revision = e.opened_by
    WHERE {permitted}
)
"""
"""All versions of the matching person; of an unmatched enrolment, those of its entitlement."""

_STATEMENT = """
WITH {guard}, {fitting},
{permission}
{reading},
{reference},
{count},
recorded AS (
    INSERT INTO audit_record (kind, outcome, client_id, institution_code, facility_kind, person_key, as_of, enrolments,
                              matched_entitlements, tickets, consents, rule_version, known_version, detail)
    SELECT $12, {outcome}, $1, g.institution_code, g.facility_kind, f.person_key, $11, {versions_read}, f.asked,
           {tickets_read}, $13, {rule}, $14,
           jsonb_strip_nulls(jsonb_build_object('asked_insurer', $5::text, 'known_at', {known_at}))
    FROM guard g CROSS JOIN found f
    WHERE {may_ask}
    RETURNING record_id, recorded_at, outcome
)
SELECT g.*, {over_limit} AS over_limit, m.streak, r.record_id, r.recorded_at, r.outcome, f.asked, f.person_key, n.reference_number, e.*
FROM guard g
CROSS JOIN found f
LEFT JOIN counted m ON true
LEFT JOIN recorded r ON true
LEFT JOIN reference n ON true
LEFT JOIN reading e ON true
"""

_NOW = {
    "instant": "now()",
    "permission": "",
    "permitted": "true",
    "missed": "f.asked = '{}'",
    "outcome": "'answered'",
    "known_at": "NULL",
}
"""The parts of the statement for current knowledge: a membership that matches nobody is a miss."""

_PERMISSION = """
bearers AS MATERIALIZED (
    SELECT DISTINCT e.person_key
    FROM asked
    JOIN enrolment e USING (entitlement)
    JOIN revision o ON o.revision = e.opened_by AND o.published_at <= now()
),
guarded AS MATERIALIZED (
    SELECT e.version
    FROM (
        SELECT e.* FROM asked JOIN enrolment e USING (entitlement)
        UNION ALL
        SELECT e.* FROM bearers JOIN enrolment e USING (person_key)
    ) e
    {known_now}
    WHERE {not_superseded} AND (e.nondisclosure OR e.self_disclosure_blocked OR e.mismatch = 'open')
),
permission AS MATERIALIZED (
    SELECT EXISTS (SELECT FROM guard g CROSS JOIN bearers b WHERE facility_was_answered(g.institution_code, b.person_key, $15))
           AND NOT EXISTS (SELECT FROM guarded) AS given
),
"""
"""CTEs for earlier knowledge.

`bearers`: the persons to whom the entitlements were ever attributed; `guarded`: the versions that restrict
them now; `permission`: whether this facility may be answered.
"""

_AT_INSTANT = {
    "instant": "$15::timestamptz",
    "permission": _PERMISSION.format(known_now=KNOWN_NOW, not_superseded=NOT_SUPERSEDED),
    "permitted": "(SELECT given FROM permission)",
    "missed": "NOT (SELECT given FROM permission)",
    "outcome": "CASE WHEN (SELECT given FROM permission) THEN 'answered' ELSE 'known-at-not-asked' END",
    "known_at": "$15",
}
"""The parts for knowledge at an instant.

Permission needs that this facility had asked about this person by then, under any published number, and that
she is neither protected now nor unconfirmed: earlier knowledge must not circumvent that. Without permission
it is a miss, whether or not somebody matches.
"""


def reading_parts(instant: str, *, as_of: str, may_ask: str, permitted: str, first: int) -> tuple[str, str]:
    """`MATCHING_ENROLMENTS` and `READING` at an instant, about a day (SQL expressions), under conditions.

    `first` is the number of the first of the six parameters.
    """
    known = known_at(instant)
    places = [f"${number}" for number in range(first, first + 6)]
    fitting = MATCHING_ENROLMENTS.format(*places, known=known, not_superseded=NOT_SUPERSEDED, may_ask=may_ask)
    reading = READING.format(
        columns=ENROLMENT_COLUMNS,
        tickets=tickets_known(instant=instant, as_of=as_of, institution="g.institution_code"),
        known=known,
        not_superseded=NOT_SUPERSEDED,
        permitted=permitted,
    )
    return fitting, reading


def _statement(particular: Mapping[str, str]) -> str:
    fitting, reading = reading_parts(
        particular["instant"],
        as_of="$11::date",
        may_ask=MAY_LOOK_UP,
        permitted=particular["permitted"],
        first=5,
    )
    return _STATEMENT.format(
        guard=LOOK_UP_CHECK,
        fitting=fitting,
        reading=reading,
        reference=REFERENCE,
        count=COUNT_MISSES.format(missed=_MISSED.format(**particular), may_ask=MAY_LOOK_UP),
        over_limit=OVER_LIMIT,
        versions_read=VERSIONS_READ,
        tickets_read=TICKETS_READ,
        rule=RULE_VERSION,
        may_ask=MAY_LOOK_UP,
        **particular,
    )


_MISSED = "SELECT CASE WHEN {missed} THEN 1 ELSE 0 END FROM found f"

NUMBER_STATEMENT = _statement(_NOW)
"""Eligibility by number.

Parameters: the four of `LOOK_UP_CHECK`, the membership's six, day, kind, consents, known version.
"""

INSTANT_STATEMENT = _statement(_AT_INSTANT)
"""The same as known at an instant; with one more parameter, the instant."""


@dataclass(frozen=True, slots=True)
class NumberQuery:
    """A query by number: valid time (`as_of`) and transaction time (`known_at`; None: now)."""

    membership: MembershipQuery
    as_of: date
    consents: frozenset[Category] = frozenset()
    known_version: str | None = None
    known_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class NumberResult:
    """The statement's result: quota, record, matching entitlements, person, versions read."""

    quota: LookUpQuota
    record_id: UUID | None
    recorded_at: datetime | None
    outcome: str | None
    facility_kind: FacilityKind | None
    asked: frozenset[int]
    person_key: bytes | None
    reference_number: str | None
    enrolments: Sequence[EnrolmentVersion]


def membership_parameters(asked: MembershipQuery | ReferenceRegistration) -> list[Any]:
    """The six parameters of `MATCHING_ENROLMENTS`: a membership, folded for comparison."""
    symbol, number, branch = comparable(asked.symbol, asked.number, asked.branch)
    first, last = (branch, branch) if asked.branch is not None else ANY_BRANCH
    return [asked.insurer_number, number, symbol, asked.birth_date, first, last]


async def look_up(
    database: Database,
    caller: Caller,
    query: NumberQuery,
    *,
    kind: str,
    limits: tuple[int, int] | None,
) -> NumberResult:
    """Look up a membership and record it as `kind`, in one statement.

    Without `limits`, misses are not counted.
    """
    parameters: list[Any] = [
        caller.client_id,
        Right.ELIGIBILITY.value,
        *(limits or (None, None)),
        *membership_parameters(query.membership),
        query.as_of,
        kind,
        sorted(query.consents),
        query.known_version,
    ]
    if query.known_at is None:
        rows = await database.fetch(NUMBER_STATEMENT, parameters)
    else:
        rows = await database.fetch(INSTANT_STATEMENT, [*parameters, query.known_at])
    first = rows[0]
    facility_kind = first["facility_kind"]
    return NumberResult(
        quota=LookUpQuota.of(first),
        record_id=first["record_id"],
        recorded_at=first["recorded_at"],
        outcome=first["outcome"],
        facility_kind=FacilityKind(facility_kind) if facility_kind is not None else None,
        asked=frozenset(first["asked"]),
        person_key=first["person_key"],
        reference_number=first["reference_number"],
        enrolments=[enrolment_version(row) for row in rows if row["version"] is not None],
    )
