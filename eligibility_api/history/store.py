"""The SQL of the look-ups: one statement that passes the gate, reads what it lets through, and records.

At a nation's size (a person's receipts are some hundred of ten thousand million) nothing is read but by descents of
indexes, as deep as the logarithm of the country: the permit by its key; `enrolment_of_person`; for each name of hers
`receipt_of_member`, in which the entries of one member lie side by side, and the page of each receipt; the file of each
by its key. A claim without a branch costs one descent more, for the others of its number. The plan is shown by
`python -m tests.benchmarks.history_look_up --explain`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any
from uuid import UUID

from eligibility_api.consent.gate import gate, recorded
from eligibility_api.contract.codes import Category
from eligibility_api.contract.consent import Basis
from eligibility_api.contract.history import CATEGORY_OF, CareSetting, HistoryResource, Origin
from eligibility_api.database.connections import Database
from eligibility_api.domain.checkups import LoadedCheckup
from eligibility_api.domain.claims import content_of
from eligibility_api.domain.history import HistoryRecord
from eligibility_api.domain.provisional import DISPLAY_PERIOD
from eligibility_api.history.matching import (
    FIRST_MONTH,
    INSTANT,
    LAST_MONTH,
    MEMBERSHIPS_NOW,
    MEMBERSHIPS_THEN,
    is_hers,
)

_RECEIPTS = f"""
    SELECT r.receipt AS number, '{Origin.CLAIM}' AS origin, greatest(r.due_at, f.known_from) AS shown_from, r.identity,
           r.institution_code AS institution, r.setting, r.treatment_month AS month, r.claim_month,
           r.content::text,
           NULL::date AS prescribed_on, NULL::date AS dispensed_on
    FROM named n
    JOIN receipt r USING (insurer_number, number_key, symbol_key, birth_date)
    JOIN claim_file f ON f.file_id = r.file_id AND f.known_from <= n.instant
    WHERE r.due_at <= n.instant AND r.treatment_month BETWEEN {FIRST_MONTH} AND {LAST_MONTH}
      AND {is_hers("r", "r.treatment_month")}
"""  # noqa: S608 - constants of the store, no values

_ENTRIES = f"""
    SELECT p.entry, p.origin, p.known_from, '', p.institution_code,
           CASE f.kind WHEN 'pharmacy' THEN '{CareSetting.PHARMACY}' ELSE '{CareSetting.OUTPATIENT}' END,
           date_trunc('month', coalesce(p.dispensed_on, p.prescribed_on))::date, NULL, p.content::text,
           p.prescribed_on, p.dispensed_on
    FROM asked a
    JOIN prescription_entry p ON p.person_key = a.person_key AND p.known_from <= a.instant
    JOIN facility f ON f.institution_code = p.institution_code
    WHERE '{Category.PRESCRIPTION}' = ANY (a.categories)
      -- Whom a number identified may have been somebody else, as was seen since.
      AND (p.asked IS NULL OR p.asked <@ ARRAY(SELECT m.entitlement FROM membership m))
      AND coalesce(p.dispensed_on, p.prescribed_on) + {DISPLAY_PERIOD.days} >= (a.instant AT TIME ZONE 'Asia/Tokyo')::date
"""  # noqa: S608 - constants of the store, no values
"""Of every month: what replaces what is told by the rule, which cuts them out afterwards."""

_EXAMINED_IN = "date_trunc('month', c.examined_on)::date"
"""A day: an instant would be held against the months in some time zone."""

_CHECKUPS = f"""
    SELECT c.checkup AS number, '' AS origin, c.insurer_number, c.examined_on, c.known_from AS shown_from, c.items
    FROM named n
    JOIN health_checkup c USING (insurer_number, number_key, symbol_key, birth_date)
    WHERE c.known_from <= n.instant AND {_EXAMINED_IN} BETWEEN {FIRST_MONTH} AND {LAST_MONTH}
      AND {is_hers("c", _EXAMINED_IN)}
"""  # noqa: S608 - constants of the store, no values

_READING = {
    HistoryResource.MEDICATIONS: f"{_RECEIPTS} UNION ALL {_ENTRIES}",
    HistoryResource.TREATMENTS: _RECEIPTS,
    HistoryResource.SURGERIES: _RECEIPTS,
    HistoryResource.DIAGNOSES: _RECEIPTS,
    HistoryResource.HEALTH_CHECKUPS: _CHECKUPS,
}


_NUMBERS = {
    "receipts": f"origin = '{Origin.CLAIM}'",
    "entries": f"origin <> '{Origin.CLAIM}'",
    "checkups": "true",
}

_READ = {
    HistoryResource.MEDICATIONS: ("receipts", "entries"),
    HistoryResource.TREATMENTS: ("receipts",),
    HistoryResource.SURGERIES: ("receipts",),
    HistoryResource.DIAGNOSES: ("receipts",),
    HistoryResource.HEALTH_CHECKUPS: ("checkups",),
}
"""What the record names of what was read, by the store's numbers; nothing where it was nothing."""


@cache
def statement(look_up: HistoryResource, bases: frozenset[Basis], *, then: bool) -> str:
    """A look-up's statement under permits of some bases, by what is known now, or was known at an instant.

    Parameters: the gate's, first and last month; `then` the instant.
    """
    category = CATEGORY_OF[look_up]
    detail = [
        f"'months', jsonb_build_array({FIRST_MONTH}::date, {LAST_MONTH}::date)",
        *([f"'known_at', {INSTANT}::timestamptz"] if then else []),
        *(
            f"'{name}', (SELECT jsonb_agg(number ORDER BY number) FROM reading WHERE {_NUMBERS[name]})"  # noqa: S608
            for name in _READ[look_up]
        ),
    ]
    load = "(SELECT max(load) FROM drug_load)" if look_up is HistoryResource.MEDICATIONS else "NULL::bigint"
    return f"""
WITH {gate(bases, category, more=("categories",))}, {MEMBERSHIPS_THEN if then else MEMBERSHIPS_NOW},
reading AS MATERIALIZED ({_READING[look_up]}),
{recorded(f"history.{look_up}", category=category, detail=", ".join(detail))}
SELECT said.*, x.*
FROM (
    SELECT r.outcome, r.record_id, r.recorded_at, g.until, g.now, {"(SELECT instant FROM asked)" if then else "g.now"} AS instant,
           {load} AS drug_load
    FROM gate g CROSS JOIN recorded r
) said
-- One row of what the gate said, and beside it the rows that were read: none repeats what another says.
FULL JOIN reading x ON false
"""  # noqa: S608 - constants of the store, no values


@dataclass(frozen=True, slots=True)
class Seen:
    """What a look-up gave: the gate's word and the record of it, the permit's end, the instants by which windows and
    knowledge were judged, the newest load of the drug master where medicines were looked at, and what was read.
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


async def look_up(
    database: Database,
    what: HistoryResource,
    bases: frozenset[Basis],
    gate: Sequence[Any],
    *,
    months: tuple[date, date],
    instant: datetime | None,
) -> Seen:
    """Look, and leave a record of it, whatever comes of it. `gate` are the gate's parameters; `instant` of knowledge,
    None: now.
    """
    then = instant is not None
    parameters = [*gate, *months, instant] if then else [*gate, *months]
    rows = await database.fetch(statement(what, bases, then=then), parameters)
    [said] = [row for row in rows if row["outcome"] is not None]
    read = [row for row in rows if row["number"] is not None]
    checkups = what is HistoryResource.HEALTH_CHECKUPS
    return Seen(
        outcome=said["outcome"],
        record_id=said["record_id"],
        recorded_at=said["recorded_at"],
        until=said["until"],
        now=said["now"],
        instant=said["instant"],
        drug_load=said["drug_load"],
        known=() if checkups else _known(read, what),
        checkups=[_checkup(row) for row in read] if checkups else (),
    )


def _known(rows: list[Any], what: HistoryResource) -> list[HistoryRecord]:
    """What rows tell, with the lines that are looked for alone: receipts have many of each kind."""
    drugs, diseases = what is HistoryResource.MEDICATIONS, what is HistoryResource.DIAGNOSES
    acts = not (drugs or diseases)
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
            content=content_of(json.loads(row["content"]), drugs=drugs, acts=acts, diseases=diseases),
            prescribed_on=row["prescribed_on"],
            dispensed_on=row["dispensed_on"],
        )
        for row in rows
    ]


_ORIGINS = {origin.value: origin for origin in Origin}
_SETTINGS = {setting.value: setting for setting in CareSetting}


def _checkup(row: Any) -> LoadedCheckup:
    return LoadedCheckup(
        row["number"], row["insurer_number"], row["examined_on"], row["shown_from"], row["items"]
    )
