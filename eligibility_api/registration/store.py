"""The SQL of first registration: the hot statement's gate, then the binding, or the record of its refusal."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from eligibility_api.domain.revocation import CertificateStatus
from eligibility_api.platform.database import Database
from eligibility_api.presence.statement import DECIDABLE, GATE, SPEND, Gate, Presented

_STATEMENT = f"""
WITH {GATE}, {SPEND.format(condition=DECIDABLE)},
judged AS MATERIALIZED (
    SELECT g.*, CASE
        WHEN g.standing <> 'good' THEN 'certificate-' || g.standing
        WHEN $9::bytea IS NULL THEN 'registration-unknown-certificate'
        WHEN g.person_key <> $9 THEN 'registration-conflict'
        WHEN $10::text IS NOT NULL AND NOT EXISTS (
            SELECT FROM enrolment e
            JOIN entitlement t USING (entitlement)
            JOIN revision o ON o.revision = e.opened_by AND o.published_at <= now()
            LEFT JOIN revision c ON c.revision = e.closed_by AND c.published_at <= now()
            WHERE e.person_key = $9 AND c.revision IS NULL
              AND t.insurer_number = $10 AND t.symbol_key = $11 AND t.number_key = $12
              AND ($13 = '' OR t.branch_key = $13)
        ) THEN 'registration-other-member'
        WHEN g.person_key IS NOT NULL THEN 'already'
        ELSE 'bound' END AS outcome
    FROM gate g, spent_now
),
recorded AS (
    INSERT INTO audit_record (kind, outcome, client_id, institution_code, facility_kind, authority, serial,
                              person_key, challenge, detail)
    SELECT 'binding.first-registration', outcome, $4, institution_code, facility_kind, $5, $6,
           coalesce(person_key, CASE WHEN outcome = 'bound' THEN $9 END), $2,
           jsonb_build_object('revocation', evidence, 'agreed', true, 'named', encode($9, 'hex'))
    FROM judged
    RETURNING record_id, recorded_at
),
bound AS (
    INSERT INTO binding (authority, serial, person_key, basis, record_id)
    SELECT $5, $6, $9, 'first-registration', record_id FROM judged, recorded WHERE outcome = 'bound'
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


@dataclass(frozen=True, slots=True)
class Membership:
    """A stated membership, folded for comparison; an empty branch fits any."""

    insurer_number: str
    symbol_key: str
    number_key: str
    branch_key: str


async def bind(
    database: Database,
    presented: Presented,
    *,
    person_key: bytes | None,
    membership: Membership | None,
    ocsp: CertificateStatus | None,
    fresh: timedelta,
) -> tuple[Gate, str | None]:
    """Spend the challenge and bind the certificate to `person_key`, or record why not.

    Returns the gate and the outcome: `bound`, `already`, or the code of a refusal; None where nothing was spent.
    """
    stated: list[Any] = [None, None, None, None]
    if membership is not None:
        stated = [
            membership.insurer_number,
            membership.symbol_key,
            membership.number_key,
            membership.branch_key,
        ]
    rows = await database.fetch(_STATEMENT, [*presented.parameters(ocsp, fresh), person_key, *stated])
    return Gate.of(rows[0]), rows[0]["outcome"]
