"""The SQL of eligibility by card: the hot statement with reading and recording hung on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from eligibility_api.contract.codes import CertificateKind, ReasonOfLoss, Relationship, Sex
from eligibility_api.contract.eligibility import Enrolment
from eligibility_api.domain.eligibility import RULE_VERSION, EnrolmentVersion
from eligibility_api.enrolment.known import KNOWN_NOW, NOT_SUPERSEDED
from eligibility_api.platform.database import Database
from eligibility_api.presence.statement import DECIDABLE, GATE, SPEND, Evidence, Gate, Presented

ENROLMENT_COLUMNS = """
    e.version, e.certificate_kind, t.insurer_number, e.insurer_name, e.symbol, e.number, e.branch, e.relationship,
    e.name, e.name_kana, e.sex, e.birth_date, e.address, e.postal_code, e.acquired_on, e.lost_on, e.reason_of_loss
"""
"""What an enrolment version says (`enrolment e`, `entitlement t`)."""

_VISUAL_LIMIT = """
counted AS (
    INSERT INTO visual_check_count AS v (client_id, hour, checks)
    SELECT $4, date_trunc('hour', now()), 1 FROM gate WHERE {condition} AND NOT used AND $15 > 0
    ON CONFLICT (client_id, hour) DO UPDATE SET checks = v.checks + 1 WHERE v.checks < $15
    RETURNING true AS done
),
"""

_STATEMENT = """
WITH {gate}, {limit} {spend},
reading AS MATERIALIZED (
    SELECT {columns}
    FROM gate g
    JOIN enrolment e ON e.person_key = g.person_key
    JOIN entitlement t USING (entitlement)
    {known_now}
    WHERE {not_superseded} AND g.standing = 'good'
),
recorded AS (
    INSERT INTO audit_record (kind, outcome, client_id, institution_code, facility_kind, operator, authority, serial,
                              person_key, challenge, as_of, enrolments, rule_version, known_version, detail)
    SELECT $12,
           CASE WHEN g.standing <> 'good' THEN 'certificate-' || g.standing
                WHEN g.person_key IS NOT NULL THEN 'answered'
                WHEN $9 = 'registration-conflict' THEN $9
                ELSE 'first-registration-needed' END,
           $4, g.institution_code, g.facility_kind, $13, $5, $6, g.person_key, $2, $11,
           (SELECT coalesce(array_agg(version ORDER BY version), '{{}}') FROM reading), {rule}, $14,
           jsonb_strip_nulls(jsonb_build_object('revocation', g.evidence, 'named', encode($10, 'hex')))
    FROM gate g, spent_now
    RETURNING record_id, recorded_at, outcome
)
SELECT g.*, s.done IS NOT NULL AS spent, r.record_id, r.recorded_at, r.outcome, {limited} AS within_limit, e.*
FROM gate g
LEFT JOIN spent_now s ON true
LEFT JOIN recorded r ON true
LEFT JOIN reading e ON s.done
"""


def _statement(*, visual: bool) -> str:
    return _STATEMENT.format(
        gate=GATE.format(holder_missing="person_key IS NULL AND $9::text IS NULL"),
        limit=_VISUAL_LIMIT.format(condition=DECIDABLE) if visual else "",
        spend=SPEND.format(
            condition=f"{DECIDABLE} AND EXISTS (SELECT FROM counted)" if visual else DECIDABLE
        ),
        columns=ENROLMENT_COLUMNS,
        known_now=KNOWN_NOW,
        not_superseded=NOT_SUPERSEDED,
        rule=RULE_VERSION,
        limited="EXISTS (SELECT FROM counted) OR used OR missing IS NOT NULL" if visual else "true",
    )


CARD_STATEMENT = _statement(visual=False)
"""Eligibility by card with the PIN. Parameters: the gate's ten, day, kind, operator, known version."""

VISUAL_STATEMENT = _statement(visual=True)
"""The same by visual check; one parameter more, the hourly limit."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of the statement beyond the proof itself."""

    as_of: date
    known_version: str | None
    operator: str | None


@dataclass(frozen=True, slots=True)
class Seen:
    """What the statement gave: the gate, the recorded outcome, whether the visual limit left room, what was read."""

    gate: Gate
    outcome: str | None
    within_limit: bool
    enrolments: Sequence[EnrolmentVersion]


async def use_proof(
    database: Database,
    presented: Presented,
    asked: Asked,
    evidence: Evidence,
    *,
    fresh: timedelta,
    visual_limit: int | None = None,
) -> Seen:
    """Hold a proof against the database, spend it, read, and record: one statement. `visual_limit` marks a visual check."""
    kind = "eligibility.card" if visual_limit is None else "eligibility.visual-check"
    parameters: list[Any] = [
        *presented.parameters(evidence, fresh),
        asked.as_of,
        kind,
        asked.operator,
        asked.known_version,
    ]
    if visual_limit is None:
        rows = await database.fetch(CARD_STATEMENT, parameters)
    else:
        rows = await database.fetch(VISUAL_STATEMENT, [*parameters, visual_limit])
    enrolments = [enrolment_version(row) for row in rows if row["version"] is not None]
    return Seen(Gate.of(rows[0]), rows[0]["outcome"], rows[0]["within_limit"], enrolments)


def enrolment_version(row: Any) -> EnrolmentVersion:
    """The enrolment version in a row with `ENROLMENT_COLUMNS`."""
    reason = row["reason_of_loss"]
    return EnrolmentVersion(
        version=row["version"],
        # The row was validated when it came in; building it again must cost nothing.
        enrolment=Enrolment.model_construct(
            certificate_kind=CertificateKind(row["certificate_kind"]),
            insurer_number=row["insurer_number"],
            insurer_name=row["insurer_name"],
            symbol=row["symbol"],
            number=row["number"],
            branch=row["branch"],
            relationship=Relationship(row["relationship"]),
            name=row["name"],
            name_kana=row["name_kana"],
            sex=Sex(row["sex"]),
            birth_date=row["birth_date"],
            address=row["address"],
            postal_code=row["postal_code"],
            acquired_on=row["acquired_on"],
            lost_on=row["lost_on"],
            reason_of_loss=ReasonOfLoss(reason) if reason is not None else None,
        ),
    )
