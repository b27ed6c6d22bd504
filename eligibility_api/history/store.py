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
from typing import Any

from eligibility_api.consent.gate import GATE, GateSeen, recorded
from eligibility_api.contract.codes import Category
from eligibility_api.contract.history import LookUp, Origin, Setting
from eligibility_api.domain.examined import CheckupKnown
from eligibility_api.domain.history import Known
from eligibility_api.domain.provisional import SHOWN
from eligibility_api.domain.receipts import content_of
from eligibility_api.history.matching import FIRST_MONTH, INSTANT, LAST_MONTH, MEMBERSHIPS, is_hers
from eligibility_api.platform.database import Database

_RECEIPTS = f"""
    SELECT r.receipt AS number, '{Origin.RECEIPT}' AS origin, greatest(r.due_at, f.known_from) AS shown_from, r.identity,
           r.institution_code AS institution, r.setting, r.treatment_month AS month, r.claim_month,
           r.content::text,
           NULL::date AS prescribed_on, NULL::date AS dispensed_on
    FROM asked a
    CROSS JOIN named n
    JOIN receipt r USING (insurer_number, number_key, symbol_key, birth_date)
    JOIN claim_file f ON f.file_id = r.file_id AND f.known_from <= a.instant
    WHERE r.due_at <= a.instant AND r.treatment_month BETWEEN {FIRST_MONTH} AND {LAST_MONTH}
      AND {is_hers("r", "r.treatment_month")}
"""  # noqa: S608 - constants of the store, no values

_ENTRIES = f"""
    SELECT p.entry, p.origin, p.known_from, '', p.institution_code,
           CASE f.kind WHEN 'pharmacy' THEN '{Setting.PHARMACY}' ELSE '{Setting.OUTPATIENT}' END,
           date_trunc('month', coalesce(p.dispensed_on, p.prescribed_on))::date, NULL, p.content::text,
           p.prescribed_on, p.dispensed_on
    FROM asked a
    JOIN prescription_entry p ON p.person_key = a.person_key AND p.known_from <= a.instant
    JOIN facility f ON f.institution_code = p.institution_code
    WHERE '{Category.PRESCRIPTION}' = ANY (a.categories)
      -- Whom a number identified may have been somebody else, as was seen since.
      AND (p.asked IS NULL OR p.asked <@ ARRAY(SELECT m.entitlement FROM membership m))
      AND coalesce(p.dispensed_on, p.prescribed_on) + {SHOWN.days} >= (a.instant AT TIME ZONE 'Asia/Tokyo')::date
"""  # noqa: S608 - constants of the store, no values
"""Of every month: what replaces what is told by the rule, which cuts them out afterwards."""

_EXAMINED_IN = "date_trunc('month', c.examined_on)::date"
"""A day: an instant would be held against the months in some time zone."""

_CHECKUPS = f"""
    SELECT c.checkup AS number, '' AS origin, c.insurer_number, c.examined_on, c.known_from AS shown_from, c.items
    FROM asked a
    CROSS JOIN named n
    JOIN health_checkup c USING (insurer_number, number_key, symbol_key, birth_date)
    WHERE c.known_from <= a.instant AND {_EXAMINED_IN} BETWEEN {FIRST_MONTH} AND {LAST_MONTH}
      AND {is_hers("c", _EXAMINED_IN)}
"""  # noqa: S608 - constants of the store, no values

_READING = {
    LookUp.MEDICATIONS: f"{_RECEIPTS} UNION ALL {_ENTRIES}",
    LookUp.TREATMENTS: _RECEIPTS,
    LookUp.SURGERIES: _RECEIPTS,
    LookUp.DIAGNOSES: _RECEIPTS,
    LookUp.HEALTH_CHECKUPS: _CHECKUPS,
}


def _numbers(condition: str) -> str:
    """What was read, by the store's numbers; null where it was nothing."""
    return f"(SELECT jsonb_agg(number ORDER BY number) FROM reading WHERE {condition})"  # noqa: S608 - constants


def _statement(look_up: LookUp) -> str:
    detail = f"""jsonb_build_object(
        'months', jsonb_build_array({FIRST_MONTH}::date, {LAST_MONTH}::date), 'known_at', {INSTANT}::timestamptz,
        'receipts', {_numbers(f"origin = '{Origin.RECEIPT}'")},
        'entries', {_numbers(f"origin IN ('{Origin.DISPENSING}', '{Origin.PRESCRIPTION}')")},
        'checkups', {_numbers("origin = ''")}
    )"""
    return f"""
WITH {GATE}, {MEMBERSHIPS},
reading AS MATERIALIZED ({_READING[look_up]}),
{recorded(f"history.{look_up}", detail=detail)}
SELECT said.*, x.*
FROM (
    SELECT g.*, r.record_id, r.recorded_at, a.instant, (SELECT max(load) FROM drug_load) AS drug_load
    FROM gate g
    CROSS JOIN recorded r
    LEFT JOIN asked a ON true
) said
-- One row of what the gate said, and beside it the rows that were read: none repeats what another says.
FULL JOIN reading x ON false
"""  # noqa: S608 - constants of the store, no values


STATEMENTS = {look_up: _statement(look_up) for look_up in LookUp}
"""Each look-up's statement. Parameters: the gate's eight, the instant of knowledge or null, first and last month."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a look-up gave: the gate with the record, the instant by whose knowledge it was read, and what was read."""

    gate: GateSeen
    instant: datetime | None
    drug_load: int | None
    known: Sequence[Known]
    checkups: Sequence[CheckupKnown]


async def look_up(
    database: Database, what: LookUp, gate: Sequence[Any], instant: datetime | None, months: tuple[date, date]
) -> Seen:
    """Look, and leave a record of it, whatever comes of it. `gate` are the gate's parameters."""
    rows = await database.fetch(STATEMENTS[what], [*gate, instant, *months])
    [said] = [row for row in rows if row["outcome"] is not None]
    read = [row for row in rows if row["number"] is not None]
    checkups = what is LookUp.HEALTH_CHECKUPS
    return Seen(
        gate=GateSeen.of(said),
        instant=said["instant"],
        drug_load=said["drug_load"],
        known=() if checkups else _known(read, what),
        checkups=[_checkup(row) for row in read] if checkups else (),
    )


def _known(rows: list[Any], what: LookUp) -> list[Known]:
    """What rows tell, with the lines that are looked for alone: receipts have many of each kind."""
    drugs, diseases = what is LookUp.MEDICATIONS, what is LookUp.DIAGNOSES
    acts = not (drugs or diseases)
    return [
        Known(
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
_SETTINGS = {setting.value: setting for setting in Setting}


def _checkup(row: Any) -> CheckupKnown:
    return CheckupKnown(
        row["number"], row["insurer_number"], row["examined_on"], row["shown_from"], row["items"]
    )
