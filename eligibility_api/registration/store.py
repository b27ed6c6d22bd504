"""The SQL of first registration: the hot statement's gate, then the binding, or the record of its refusal."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from eligibility_api.database.connections import Database
from eligibility_api.enrolment.known import KNOWN_NOW, NOT_SUPERSEDED
from eligibility_api.presence.statement import DECIDABLE, GATE, SPEND, Evidence, Gate, Presented

_STATEMENT = f"""
WITH {GATE.format(holder_missing="$9::text IS NULL")}, {SPEND.format(condition=DECIDABLE)},
judged AS MATERIALIZED (
    SELECT g.*, CASE
        WHEN g.standing <> 'good' THEN 'certificate-' || g.standing
        WHEN $10::bytea IS NULL THEN 'registration-unknown-certificate'
        WHEN g.person_key <> $10 OR EXISTS (
            SELECT FROM unnest($15::bytea[], $16::bytea[]) AS former (authority, serial)
            JOIN binding b USING (authority, serial) WHERE b.person_key <> $10
        ) THEN 'registration-conflict'
        WHEN $11::text IS NOT NULL AND NOT EXISTS (
            SELECT FROM enrolment e JOIN entitlement t USING (entitlement) {KNOWN_NOW}
            WHERE e.person_key = $10 AND {NOT_SUPERSEDED}
              AND t.insurer_number = $11 AND t.symbol_key = $12 AND t.number_key = $13
              AND ($14 = '' OR t.branch_key = $14)
        ) THEN 'registration-other-member'
        WHEN g.person_key IS NOT NULL THEN 'already'
        ELSE 'bound' END AS outcome
    FROM gate g, spent_now
),
recorded AS (
    INSERT INTO audit_record (kind, outcome, client_id, institution_code, facility_kind, authority, serial,
                              person_key, challenge, detail)
    SELECT 'binding.first-registration', outcome, $4, institution_code, facility_kind, $5, $6,
           coalesce(person_key, CASE WHEN outcome = 'bound' THEN $10 END), $2,
           jsonb_strip_nulls(
               jsonb_build_object('revocation', evidence, 'agreed', true, 'named', encode($10, 'hex')))
    FROM judged
    RETURNING record_id, recorded_at
),
bound AS (
    INSERT INTO binding (authority, serial, person_key, basis, not_after, record_id)
    SELECT $5, $6, $10, 'first-registration', $17, record_id FROM judged, recorded WHERE outcome = 'bound'
    -- Two registrations of one card at the same moment: both name the person that J-LIS named.
    ON CONFLICT DO NOTHING
    RETURNING true AS done
)
SELECT g.*, s.done IS NOT NULL AS spent, r.record_id, r.recorded_at, j.outcome
FROM gate g
LEFT JOIN spent_now s ON true
LEFT JOIN recorded r ON true
LEFT JOIN judged j ON true
"""  # noqa: S608 - parts of the hot statement, no values
"""Parameters: the gate's ten, the stated membership's four or nulls, the predecessors' CA keys and serials, and until
when the certificate is valid.
"""


@dataclass(frozen=True, slots=True)
class Membership:
    """A stated membership, folded for comparison; an empty branch fits any."""

    insurer_number: str
    symbol_key: str
    number_key: str
    branch_key: str


@dataclass(frozen=True, slots=True)
class Bound:
    """What the statement gave: the gate, and `bound`, `already`, or the code of a refusal."""

    gate: Gate
    outcome: str | None


async def bind(
    database: Database,
    presented: Presented,
    membership: Membership | None,
    evidence: Evidence,
    *,
    fresh: timedelta,
) -> Bound:
    """Spend the challenge and bind the certificate to the person that J-LIS named, or record why not."""
    stated: list[Any] = [None, None, None, None]
    if membership is not None:
        stated = [
            membership.insurer_number,
            membership.symbol_key,
            membership.number_key,
            membership.branch_key,
        ]
    former = evidence.holder.predecessors if evidence.holder is not None else ()
    predecessors = [[f.authority for f in former], [f.serial_bytes for f in former]]
    parameters = [*presented.parameters(evidence, fresh), *stated, *predecessors, presented.not_after]
    rows = await database.fetch(_STATEMENT, parameters)
    return Bound(Gate.of(rows[0]), rows[0]["outcome"])
