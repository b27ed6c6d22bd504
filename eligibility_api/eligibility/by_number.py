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
from eligibility_api.database.coalescing import Coalesced
from eligibility_api.database.connections import Database
from eligibility_api.domain.eligibility import RULE_VERSION
from eligibility_api.domain.enrolment_version import EnrolmentVersion
from eligibility_api.domain.membership import comparable
from eligibility_api.eligibility.by_number_together import NUMBERS_TOGETHER
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
from eligibility_api.platform.sql import Statement

ANY_BRANCH = ("", "99")
"""The range of the index's last column that matches every branch."""

MATCHING_ENROLMENTS = """
asked AS MATERIALIZED (
    SELECT t.entitlement
    FROM guard g
    JOIN entitlement t ON t.insurer_number = :insurer_number AND t.number_key = :number_key AND t.symbol_key = :symbol_key
                      AND (t.birth_date, t.branch_key) BETWEEN (:birth_date, :first_branch) AND (:birth_date, :last_branch)
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
"""The enrolments known of a membership (`membership_values`).

Birth date and branch are compared as a row: with a birth date alone to be equal to, the planner may prefer the
index `entitlement_born_on` in a small nation, and keep it in a large one.

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
    SELECT :kind, {outcome}, :client_id, g.institution_code, g.facility_kind, f.person_key, :as_of, {versions_read}, f.asked,
           {tickets_read}, string_to_array(:consents, ','), {rule}, :known_version,
           jsonb_strip_nulls(jsonb_build_object('asked_insurer', :insurer_number::text, 'known_at', {known_at}))
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
    SELECT EXISTS (SELECT FROM guard g CROSS JOIN bearers b WHERE facility_was_answered(g.institution_code, b.person_key, :known_at))
           AND NOT EXISTS (SELECT FROM guarded) AS given
),
"""
"""CTEs for earlier knowledge.

`bearers`: the persons to whom the entitlements were ever attributed; `guarded`: the versions that restrict
them now; `permission`: whether this facility may be answered.
"""

_AT_INSTANT = {
    "instant": ":known_at::timestamptz",
    "permission": _PERMISSION.format(known_now=KNOWN_NOW, not_superseded=NOT_SUPERSEDED),
    "permitted": "(SELECT given FROM permission)",
    "missed": "NOT (SELECT given FROM permission)",
    "outcome": "CASE WHEN (SELECT given FROM permission) THEN 'answered' ELSE 'known-at-not-asked' END",
    "known_at": ":known_at",
}
"""The parts for knowledge at an instant.

Permission needs that this facility had asked about this person by then, under any published number, and that
she is neither protected now nor unconfirmed: earlier knowledge must not circumvent that. Without permission
it is a miss, whether or not somebody matches.
"""


def reading_parts(instant: str, *, as_of: str, may_ask: str, permitted: str) -> tuple[str, str]:
    """`MATCHING_ENROLMENTS` and `READING` at an instant, about a day (SQL expressions), under conditions."""
    known = known_at(instant)
    fitting = MATCHING_ENROLMENTS.format(known=known, not_superseded=NOT_SUPERSEDED, may_ask=may_ask)
    reading = READING.format(
        columns=ENROLMENT_COLUMNS,
        tickets=tickets_known(instant=instant, as_of=as_of, institution="g.institution_code"),
        known=known,
        not_superseded=NOT_SUPERSEDED,
        permitted=permitted,
    )
    return fitting, reading


def _statement(particular: Mapping[str, str]) -> Statement:
    fitting, reading = reading_parts(
        particular["instant"],
        as_of=":as_of::date",
        may_ask=MAY_LOOK_UP,
        permitted=particular["permitted"],
    )
    source = _STATEMENT.format(
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
    return Statement.of(source)


_MISSED = "SELECT CASE WHEN {missed} THEN 1 ELSE 0 END FROM found f"

NUMBER_STATEMENT = _statement(_NOW)
"""Eligibility by number."""

NUMBERS = Coalesced(
    "number", NUMBER_STATEMENT, NUMBERS_TOGETHER, shared=("right", "kind", "terminal_limit", "facility_limit")
)

INSTANT_STATEMENT = _statement(_AT_INSTANT)
"""The same as known at an instant."""


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


def membership_values(asked: MembershipQuery | ReferenceRegistration) -> dict[str, Any]:
    """The parameters of `MATCHING_ENROLMENTS`: a membership, folded for comparison."""
    symbol, number, branch = comparable(asked.symbol, asked.number, asked.branch)
    first, last = (branch, branch) if asked.branch is not None else ANY_BRANCH
    return {
        "insurer_number": asked.insurer_number,
        "number_key": number,
        "symbol_key": symbol,
        "birth_date": asked.birth_date,
        "first_branch": first,
        "last_branch": last,
    }


async def look_up(
    database: Database,
    caller: Caller,
    query: NumberQuery,
    *,
    kind: str,
    limits: tuple[int, int] | None,
) -> NumberResult:
    """Look up a membership and record it as `kind`, in one statement.

    Without `limits`, misses are not counted. Look-ups of receptions that arrive together travel together.
    """
    terminal_limit, facility_limit = limits or (None, None)
    values: dict[str, Any] = {
        "client_id": caller.client_id,
        "right": Right.ELIGIBILITY.value,
        "terminal_limit": terminal_limit,
        "facility_limit": facility_limit,
        **membership_values(query.membership),
        "as_of": query.as_of,
        "kind": kind,
        "consents": ",".join(sorted(query.consents)),
        "known_version": query.known_version,
    }
    if query.known_at is not None:
        values["known_at"] = query.known_at
        rows = await database.fetch(INSTANT_STATEMENT.text, INSTANT_STATEMENT.parameters(values))
    elif limits is None:
        rows = await database.fetch(NUMBER_STATEMENT.text, NUMBER_STATEMENT.parameters(values))
    else:
        rows = await database.fetch_together(NUMBERS, values)
    return _result(rows)


def _result(rows: Sequence[Any]) -> NumberResult:
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
