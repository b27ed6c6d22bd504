"""SQL of first registration: the proof check, then the binding or the record of its refusal."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from eligibility_api.database.connections import Database
from eligibility_api.enrolment.known import KNOWN_NOW, NOT_SUPERSEDED
from eligibility_api.presence.query import (
    PROOF_CHECK,
    UNEXPIRED,
    Evidence,
    HolderAnswer,
    ProofCheck,
    VerifiedProof,
    spend_ctes,
)

_STATEMENT = """
WITH {guard}, {spend},
judged AS MATERIALIZED (
    SELECT g.*, CASE
        WHEN g.revocation_status <> 'good' THEN 'certificate-' || g.revocation_status
        WHEN $10::bytea IS NULL THEN 'registration-unknown-certificate'
        WHEN g.person_key <> $10 OR EXISTS (
            SELECT FROM unnest($15::bytea[], $16::bytea[]) AS former (authority, serial)
            JOIN binding b USING (authority, serial) WHERE b.person_key <> $10
        ) THEN 'registration-conflict'
        -- Before anything that is stated is compared: the refusal must not depend on it (rule B2).
        WHEN EXISTS (
            SELECT FROM enrolment e {known_now}
            WHERE e.person_key = $10 AND {not_superseded} AND e.self_disclosure_blocked
        ) THEN 'card-not-usable'
        WHEN $11::text IS NOT NULL AND NOT EXISTS (
            SELECT FROM enrolment e JOIN entitlement t USING (entitlement) {known_now}
            WHERE e.person_key = $10 AND {not_superseded}
              AND t.insurer_number = $11 AND t.symbol_key = $12 AND t.number_key = $13
              AND ($14 = '' OR t.branch_key = $14)
        ) THEN 'registration-other-member'
        WHEN g.person_key IS NOT NULL THEN 'already'
        ELSE 'bound' END AS outcome
    FROM guard g, spent_now
),
recorded AS (
    INSERT INTO audit_record (kind, outcome, client_id, institution_code, facility_kind, operator, authority, serial,
                              person_key, challenge, detail)
    SELECT 'binding.first-registration', outcome, $4, institution_code, facility_kind, $19::text, $5, $6,
           coalesce(person_key, CASE WHEN outcome = 'bound' THEN $10 END), $2,
           jsonb_strip_nulls(
               jsonb_build_object('revocation', evidence, 'agreed', true, 'named', encode($10, 'hex')))
    FROM judged
    RETURNING record_id, recorded_at
),
bound AS (
    INSERT INTO binding (authority, serial, person_key, basis, not_after, carrier, record_id)
    SELECT $5, $6, $10, 'first-registration', $17, $18, record_id FROM judged, recorded WHERE outcome = 'bound'
    -- Of two simultaneous registrations of one card both name the person that J-LIS named.
    ON CONFLICT DO NOTHING
    RETURNING true AS done
)
SELECT g.*, s.done IS NOT NULL AS spent, r.record_id, r.recorded_at, j.outcome, {limited} AS within_limit
FROM guard g
LEFT JOIN spent_now s ON true
LEFT JOIN recorded r ON true
LEFT JOIN (SELECT outcome FROM judged) j ON true
"""


def _statement(*, visual: bool) -> str:
    spend, limited = spend_ctes(visual_limit="$20" if visual else None)
    return _STATEMENT.format(
        guard=PROOF_CHECK.format(holder_missing="$9::text IS NULL", **UNEXPIRED),
        spend=spend,
        known_now=KNOWN_NOW,
        not_superseded=NOT_SUPERSEDED,
        limited=limited,
    )


REGISTRATION_STATEMENT = _statement(visual=False)
"""First registration with the PIN.

Parameters: the ten of `PROOF_CHECK`, the stated membership's four or nulls, the predecessors' CA keys and
serials, the end of the certificate's validity, its carrier, and the operator or null.
"""

VISUAL_REGISTRATION_STATEMENT = _statement(visual=True)
"""The same after a comparison of the face; with one more parameter, the hourly limit of visual checks."""


@dataclass(frozen=True, slots=True)
class Membership:
    """A stated membership, folded for comparison; an empty branch matches any."""

    insurer_number: str
    symbol_key: str
    number_key: str
    branch_key: str


@dataclass(frozen=True, slots=True)
class ComparedFace:
    """A comparison of the face: the operator who made it, and the terminal's hourly limit."""

    operator: str
    limit: int


@dataclass(frozen=True, slots=True)
class BindingResult:
    """The statement's result: the proof check, and `bound`, `already`, or the code of a refusal.

    `within_limit`: the hourly limit of visual checks was kept.
    """

    proof_check: ProofCheck
    outcome: str | None
    within_limit: bool


async def bind(
    database: Database,
    proof: VerifiedProof,
    membership: Membership | None,
    evidence: Evidence,
    *,
    max_age: timedelta,
    face: ComparedFace | None = None,
) -> BindingResult:
    """Spend the challenge and bind the certificate to the person that J-LIS named, or record the refusal.

    `face`: staff compared the face in place of the PIN.
    """
    stated: list[Any] = [None, None, None, None]
    if membership is not None:
        stated = [
            membership.insurer_number,
            membership.symbol_key,
            membership.number_key,
            membership.branch_key,
        ]
    holder = evidence.holder or HolderAnswer("")
    former = holder.predecessors
    predecessors = [[f.authority for f in former], [f.serial_bytes for f in former]]
    certificate = [proof.not_after, holder.carrier]
    parameters = [*proof.parameters(evidence, max_age), *stated, *predecessors, *certificate]
    if face is None:
        rows = await database.fetch(REGISTRATION_STATEMENT, [*parameters, None])
    else:
        rows = await database.fetch(VISUAL_REGISTRATION_STATEMENT, [*parameters, face.operator, face.limit])
    return BindingResult(ProofCheck.of(rows[0]), rows[0]["outcome"], rows[0]["within_limit"])
