"""SQL of the history: one statement checks access, reads what is allowed, and writes the audit record.

At national size (a person has some hundred of ten thousand million claims) every read is an index descent, of
a depth logarithmic in the size of the tables: the permit by its key; `enrolment_of_person`; for each
identifier of the person `claim_of_member`, in which the entries of one member are adjacent, and the page of
each claim; the file of each by its key. A claim without a branch costs one more descent, for the other
members with its number. The plan is printed by `python -m tests.benchmarks.history_look_up --explain`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache  # noqa: TID251 - of codes: their combinations are few
from typing import Any
from uuid import UUID

from eligibility_api.consent.access_check import CONSENT_BASES, access_check, recorded_cte, recorded_detail
from eligibility_api.contract.codes import Category
from eligibility_api.contract.consent import Basis
from eligibility_api.contract.facility_kinds import FACILITY_KINDS
from eligibility_api.contract.history import CATEGORY_OF, CareSetting, HistoryResource, Origin
from eligibility_api.database.coalescing import Coalesced
from eligibility_api.database.connections import Database
from eligibility_api.domain.checkups import LoadedCheckup
from eligibility_api.domain.claims import content_of
from eligibility_api.domain.history import HistoryRecord
from eligibility_api.domain.provisional import DISPLAY_PERIOD
from eligibility_api.history import store_together
from eligibility_api.history.matching import (
    FIRST_MONTH,
    INSTANT,
    LAST_MONTH,
    MEMBERSHIPS_AT_INSTANT,
    MEMBERSHIPS_NOW,
    is_of_person,
)
from eligibility_api.platform.sql import Statement

_CLAIMS = f"""
    SELECT r.claim AS number, '{Origin.CLAIM}' AS origin, greatest(r.due_at, f.known_from) AS shown_from, r.identity,
           r.institution_code AS institution, r.setting, r.treatment_month AS month, r.claim_month,
           r.content::text,
           NULL::date AS prescribed_on, NULL::date AS dispensed_on, f.reader_version
    FROM named n
    JOIN claim r USING (insurer_number, number_key, symbol_key, birth_date)
    JOIN claim_file f ON f.file_id = r.file_id AND f.known_from <= n.instant AND (f.replaced_from > n.instant) IS NOT FALSE
    WHERE r.due_at <= n.instant AND r.treatment_month BETWEEN {{first}} AND {{last}}
      AND {is_of_person("r", "r.treatment_month")}
"""  # noqa: S608 - constants of the store, no values

_SETTING_OF_KIND = " ".join(f"WHEN '{kind}' THEN '{entry.setting}'" for kind, entry in FACILITY_KINDS.items())

_ENTRIES = f"""
    SELECT p.entry, p.origin, p.known_from, '', p.institution_code,
           CASE f.kind {_SETTING_OF_KIND} END,
           date_trunc('month', coalesce(p.dispensed_on, p.prescribed_on))::date, NULL, p.content::text,
           p.prescribed_on, p.dispensed_on, NULL::smallint
    FROM disclosed a
    JOIN prescription_entry p ON p.person_key = a.person_key AND p.known_from <= a.instant
    JOIN facility f ON f.institution_code = p.institution_code
    WHERE '{Category.PRESCRIPTION}' = ANY (a.categories)
      -- A patient who was identified by number may have turned out to be another person since.
      AND (p.matched_entitlements IS NULL OR p.matched_entitlements <@ ARRAY(SELECT m.entitlement FROM membership m))
      AND (p.known_from AT TIME ZONE 'Asia/Tokyo')::date + {DISPLAY_PERIOD.days} >= (a.instant AT TIME ZONE 'Asia/Tokyo')::date
"""  # noqa: S608 - constants of the store, no values
"""Entries of all months: the rules decide which claims replace which entries, and filter months later."""

_EXAMINED_IN = "date_trunc('month', c.examined_on)::date"
"""Cast to a date: an instant would be compared with the months in the session's time zone."""

_CHECKUPS = f"""
    SELECT c.checkup AS number, '' AS origin, c.insurer_number, c.examined_on, c.known_from AS shown_from, c.items
    FROM named n
    JOIN health_checkup c USING (insurer_number, number_key, symbol_key, birth_date)
    WHERE c.known_from <= n.instant AND {_EXAMINED_IN} BETWEEN {{first}} AND {{last}}
      AND {is_of_person("c", _EXAMINED_IN)}
"""  # noqa: S608 - constants of the store, no values

_NO_PROVIDER = "SELECT NULL::bigint AS number WHERE false"
"""Nothing is read: no provider of this information."""

_READING = {
    HistoryResource.MEDICATIONS: f"{_CLAIMS} UNION ALL {_ENTRIES}",
    HistoryResource.TREATMENTS: _CLAIMS,
    HistoryResource.SURGERIES: _CLAIMS,
    HistoryResource.DIAGNOSES: _NO_PROVIDER,
    HistoryResource.HEALTH_CHECKUPS: _CHECKUPS,
}


_NUMBERS = {
    "receipts": f"origin = '{Origin.CLAIM}'",
    "entries": f"origin <> '{Origin.CLAIM}'",
    "checkups": "true",
}

_RECORDED_KINDS = {
    HistoryResource.MEDICATIONS: ("receipts", "entries"),
    HistoryResource.TREATMENTS: ("receipts",),
    HistoryResource.SURGERIES: ("receipts",),
    HistoryResource.DIAGNOSES: (),
    HistoryResource.HEALTH_CHECKUPS: ("checkups",),
}
"""The kinds of rows read that the audit record lists by number; omitted if there are none."""


@cache
def statement(resource: HistoryResource, bases: frozenset[Basis], *, at_instant: bool) -> str:
    """The statement of a resource under permits of some bases, as known now or at an instant.

    Parameters: those of the access check, first and last month; with `at_instant` the instant.
    """
    category = CATEGORY_OF[resource]
    return reading_statement(
        resource,
        check=access_check(bases, category, columns=("categories",)),
        memberships=MEMBERSHIPS_AT_INSTANT if at_instant else MEMBERSHIPS_NOW,
        recorded=recorded_cte(
            f"history.{resource}", category=category, detail=_detail(resource, at_instant=at_instant)
        ),
        months=(FIRST_MONTH, LAST_MONTH),
        instant="(SELECT instant FROM asked)" if at_instant else "g.now",
    )


def _detail(resource: HistoryResource, *, at_instant: bool) -> str:
    """Names and values of a record's detail, in addition to those of the access check."""
    detail = [
        f"'months', jsonb_build_array({FIRST_MONTH}::date, {LAST_MONTH}::date)",
        *([f"'known_at', {INSTANT}::timestamptz"] if at_instant else []),
        *rows_read(resource),
    ]
    return ", ".join(detail)


def rows_read(resource: HistoryResource) -> list[str]:
    """Names and values of a record's detail: the numbers of the rows in `reading`."""
    return [
        f"'{name}', (SELECT jsonb_agg(number ORDER BY number) FROM reading WHERE {_NUMBERS[name]})"  # noqa: S608
        for name in _RECORDED_KINDS[resource]
    ]


def reading_statement(
    resource: HistoryResource,
    *,
    check: str,
    recorded: str,
    months: tuple[str, str],
    memberships: str = MEMBERSHIPS_NOW,
    instant: str = "g.now",
) -> str:
    """A statement that reads a resource of the person of `guard`, and records it.

    `check`: CTEs `guard` (person, categories, outcome, until, now) and `current_enrolment`, as those of the access
    check; `recorded`: the CTE of the record; `months`: expressions of the first and the last one.
    """
    return f"""
WITH {_read(resource, check, memberships, months)},
{recorded}
SELECT access.*, x.*
FROM (
    SELECT r.outcome, r.record_id, r.recorded_at, g.until, g.now, {instant} AS instant,
           {_drug_load(resource)} AS drug_load
    FROM guard g CROSS JOIN recorded r
) access
-- One row of the access check and its record, and separate rows for what was read: nothing is repeated.
FULL JOIN reading x ON false
"""  # noqa: S608 - constants of the store, no values


def _read(resource: HistoryResource, check: str, memberships: str, months: tuple[str, str]) -> str:
    """The CTEs that check access, and read."""
    first, last = months
    return f"""{check}, {memberships},
reading AS MATERIALIZED ({_READING[resource].format(first=first, last=last)})"""


def _drug_load(resource: HistoryResource) -> str:
    """The newest load of the drug master, where it matters."""
    return "(SELECT max(load) FROM drug_load)" if resource is HistoryResource.MEDICATIONS else "NULL::bigint"


def _histories(resource: HistoryResource) -> Coalesced:
    """The requests of a resource under consents, as known now: nearly all there are."""
    category = CATEGORY_OF[resource]
    check = access_check(CONSENT_BASES, category, columns=("categories",))
    together = store_together.together(
        resource,
        reading=_read(resource, check, MEMBERSHIPS_NOW, (FIRST_MONTH, LAST_MONTH)),
        detail=recorded_detail(category, _detail(resource, at_instant=False)),
        drug_load=_drug_load(resource),
    )
    alone = store_together.named(statement(resource, CONSENT_BASES, at_instant=False))
    return Coalesced(
        f"history.{resource}",
        alone=Statement.of(alone),
        together=Statement.of(together),
        one_each=store_together.ONE_EACH,
    )


HISTORIES = {resource: _histories(resource) for resource in HistoryResource}
"""History requests under consents, by resource: those of a resource travel together."""


@dataclass(frozen=True, slots=True)
class HistoryRows:
    """The statement's result: the access check's outcome and record, and the rows read.

    Also the permit's end, the instants by which windows and knowledge were judged, and the newest load of the
    drug master (for medicines).
    """

    outcome: str
    record_id: UUID
    recorded_at: datetime
    until: datetime | None
    now: datetime
    instant: datetime | None
    drug_load: int | None
    known: Sequence[HistoryRecord]
    checkups: Sequence[LoadedCheckup]


async def read_history(
    database: Database,
    resource: HistoryResource,
    bases: frozenset[Basis],
    access: Sequence[Any],
    *,
    months: tuple[date, date],
    instant: datetime | None,
) -> HistoryRows:
    """Read, and record the access whatever its outcome.

    `access`: the parameters of the access check; `instant`: the transaction time, None: now.
    """
    parameters = [*access, *months]
    if instant is not None:
        text = statement(resource, bases, at_instant=True)
        rows = await database.fetch(text, [*parameters, instant])
    elif bases == CONSENT_BASES:
        values = dict(zip(store_together.PARAMETERS, parameters, strict=True))
        rows = await database.fetch_together(HISTORIES[resource], values)
    else:
        rows = await database.fetch(statement(resource, bases, at_instant=False), parameters)
    return history_rows(resource, rows)


def history_rows(resource: HistoryResource, rows: Sequence[Any]) -> HistoryRows:
    """The result of a statement of `reading_statement`."""
    [summary] = [row for row in rows if row["outcome"] is not None]
    read = [row for row in rows if row["number"] is not None]
    checkups = resource is HistoryResource.HEALTH_CHECKUPS
    return HistoryRows(
        outcome=summary["outcome"],
        record_id=summary["record_id"],
        recorded_at=summary["recorded_at"],
        until=summary["until"],
        now=summary["now"],
        instant=summary["instant"],
        drug_load=summary["drug_load"],
        known=() if checkups else _known(read, resource),
        checkups=[_checkup(row) for row in read] if checkups else (),
    )


def _known(rows: list[Any], resource: HistoryResource) -> list[HistoryRecord]:
    """The claims and entries in rows, with only the requested kind of lines: claims have many of each."""
    drugs = resource is HistoryResource.MEDICATIONS
    return [
        HistoryRecord(
            number=row["number"],
            origin=_ORIGINS[row["origin"]],
            known_from=row["shown_from"],
            identity=row["identity"],
            institution_code=row["institution"],
            setting=_SETTINGS[row["setting"]],
            month=row["month"],
            claim_month=row["claim_month"],
            content=content_of(json.loads(row["content"]), drugs=drugs, acts=not drugs, diseases=False),
            prescribed_on=row["prescribed_on"],
            dispensed_on=row["dispensed_on"],
            reader_version=row["reader_version"],
        )
        for row in rows
    ]


_ORIGINS = {origin.value: origin for origin in Origin}
_SETTINGS = {setting.value: setting for setting in CareSetting}


def _checkup(row: Any) -> LoadedCheckup:
    return LoadedCheckup(
        row["number"], row["insurer_number"], row["examined_on"], row["shown_from"], row["items"]
    )
