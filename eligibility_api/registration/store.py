"""SQL of first registration: the proof check, then the binding or the record of its refusal."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from datetime import timedelta
from typing import Any

from eligibility_api.database.connections import Database
from eligibility_api.enrolment.known import KNOWN_NOW, NOT_SUPERSEDED
from eligibility_api.platform.sql import Statement
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
        WHEN :holder::bytea IS NULL THEN 'registration-unknown-certificate'
        WHEN g.person_key <> :holder OR EXISTS (
            SELECT FROM unnest(:former_authorities::bytea[], :former_serials::bytea[]) AS former (authority, serial)
            JOIN binding b USING (authority, serial) WHERE b.person_key <> :holder
        ) THEN 'registration-conflict'
        -- Before anything that is stated is compared: the refusal must not depend on it (rule B2).
        WHEN EXISTS (
            SELECT FROM enrolment e {known_now}
            WHERE e.person_key = :holder AND {not_superseded} AND e.self_disclosure_blocked
        ) THEN 'card-not-usable'
        WHEN :insurer_number::text IS NOT NULL AND NOT EXISTS (
            SELECT FROM enrolment e JOIN entitlement t USING (entitlement) {known_now}
            WHERE e.person_key = :holder AND {not_superseded}
              AND t.insurer_number = :insurer_number AND t.symbol_key = :symbol_key AND t.number_key = :number_key
              AND (:branch_key = '' OR t.branch_key = :branch_key)
        ) THEN 'registration-other-member'
        WHEN g.person_key IS NOT NULL THEN 'already'
        ELSE 'bound' END AS outcome
    FROM guard g, spent_now
),
recorded AS (
    INSERT INTO audit_record (kind, outcome, client_id, institution_code, facility_kind, operator, authority, serial,
                              person_key, challenge, detail)
    SELECT 'binding.first-registration', outcome, :client_id, institution_code, facility_kind, :operator::text, :authority, :serial,
           coalesce(person_key, CASE WHEN outcome = 'bound' THEN :holder END), :nonce,
           jsonb_strip_nulls(
               jsonb_build_object('revocation', evidence, 'agreed', true, 'named', encode(:holder, 'hex')))
    FROM judged
    RETURNING record_id, recorded_at
),
bound AS (
    INSERT INTO binding (authority, serial, person_key, basis, not_after, carrier, record_id)
    SELECT :authority, :serial, :holder, 'first-registration', :not_after, :carrier, record_id FROM judged, recorded WHERE outcome = 'bound'
    -- Of two simultaneous registrations of one card both name the person that J-LIS named. One that a deregistration has
    -- ended is registered again.
    ON CONFLICT (authority, serial) DO UPDATE SET ends_at = NULL WHERE binding.ends_at <= now()
    RETURNING true AS done
)
SELECT g.*, s.done IS NOT NULL AS spent, r.record_id, r.recorded_at, j.outcome, {limited} AS within_limit
FROM guard g
LEFT JOIN spent_now s ON true
LEFT JOIN recorded r ON true
LEFT JOIN (SELECT outcome FROM judged) j ON true
"""


def _statement(*, visual: bool) -> Statement:
    spend, limited = spend_ctes(visual_limit=":visual_limit" if visual else None)
    source = _STATEMENT.format(
        guard=PROOF_CHECK.format(holder_missing=":holder_outcome::text IS NULL", **UNEXPIRED),
        spend=spend,
        known_now=KNOWN_NOW,
        not_superseded=NOT_SUPERSEDED,
        limited=limited,
    )
    return Statement.of(source)


REGISTRATION_STATEMENT = _statement(visual=False)
"""First registration with the PIN. A stated membership's items may be null."""

VISUAL_REGISTRATION_STATEMENT = _statement(visual=True)
"""The same after a comparison of the face, with the hourly limit of visual checks."""


@dataclass(frozen=True, slots=True)
class Membership:
    """A stated membership, folded for comparison; an empty branch matches any."""

    insurer_number: str
    symbol_key: str
    number_key: str
    branch_key: str


_MEMBERSHIP = tuple(field.name for field in fields(Membership))


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
    holder = evidence.holder or HolderAnswer("")
    former = holder.predecessors
    values: dict[str, Any] = {
        **proof.values(evidence, max_age),
        **(asdict(membership) if membership is not None else dict.fromkeys(_MEMBERSHIP)),
        "former_authorities": [f.authority for f in former],
        "former_serials": [f.serial_bytes for f in former],
        "not_after": proof.not_after,
        "carrier": holder.carrier,
        "operator": face.operator if face is not None else None,
        "visual_limit": face.limit if face is not None else None,
    }
    statement = REGISTRATION_STATEMENT if face is None else VISUAL_REGISTRATION_STATEMENT
    rows = await database.fetch(statement.text, statement.parameters(values))
    return BindingResult(ProofCheck.of(rows[0]), rows[0]["outcome"], rows[0]["within_limit"])
