"""SQL of many checks by card in one statement: what `store.py` does for one with its PIN, for each of a group.

Only what the database decides: a check that needs OCSP or J-LIS goes alone, and nothing of it is used before.
The rows of a check are found by its place in the group. Each leaves its own audit record.
"""

from __future__ import annotations

from eligibility_api.audit_log.in_order import recorded_in_order
from eligibility_api.domain.eligibility import RULE_VERSION
from eligibility_api.eligibility.tickets import tickets_known
from eligibility_api.eligibility.versions import ENROLMENT_COLUMNS, REFERENCE_FOR, TICKETS_FOR, VERSIONS_FOR
from eligibility_api.enrolment.known import KNOWN_NOW, NOT_SUPERSEDED
from eligibility_api.platform.sql import Statement
from eligibility_api.presence.query import certificate_remark
from eligibility_api.presence.query_together import (
    CHECKED,
    PROOF_ARRAYS,
    PROOF_CHECKS,
    PROOF_COLUMNS,
    SPEND_NONCES,
)

_STATEMENT = """
WITH asked AS MATERIALIZED (
    SELECT *
    FROM unnest({proof_arrays},
                :as_of::date[], :known_version::text[], :ended_at::timestamptz[], :expires_on::date[])
        WITH ORDINALITY AS a ({proof_columns}, as_of, known_version, ended_at, expires_on, place)
),
{guard}
{spend}
reading AS MATERIALIZED (
    SELECT g.place AS read_for, {columns}, {tickets}
    FROM spent g
    JOIN enrolment e ON e.person_key = g.person_key
    {known_now}
    WHERE {not_superseded} AND g.revocation_status = 'good' AND ({usable})
),
inserted AS (
    INSERT INTO audit_record (kind, outcome, client_id, institution_code, facility_kind, authority, serial, person_key,
                              challenge, as_of, enrolments, tickets, rule_version, known_version, detail)
    SELECT :kind,
           CASE WHEN g.revocation_status <> 'good' THEN 'certificate-' || g.revocation_status
                WHEN NOT ({usable}) THEN 'certificate-expired'
                ELSE 'answered' END,
           g.client_id, g.institution_code, g.facility_kind, g.authority, g.serial, g.person_key, g.nonce, g.as_of,
           {versions_for}, {tickets_for}, {rule}, g.known_version,
           jsonb_strip_nulls(jsonb_build_object('revocation', g.evidence, 'certificate', {remark}))
    FROM spent g
    ORDER BY g.place
    RETURNING record_id, recorded_at, outcome
),
{recorded}
SELECT {checked}, n.reference_number, e.*
FROM guard g
LEFT JOIN recorded r ON r.place = g.place
{reference}
LEFT JOIN reading e ON e.read_for = g.place
"""

_USABLE = "g.ended_at IS NULL OR coalesce(g.person_key IS NOT NULL AND g.carrier = 'card', false)"
"""Whether the certificate has not expired, or is in the grace period of a card that is bound (rule A6)."""

CARDS_TOGETHER = Statement.of(
    _STATEMENT.format(
        proof_arrays=PROOF_ARRAYS,
        proof_columns=PROOF_COLUMNS,
        guard=PROOF_CHECKS.strip().format(
            # J-LIS is asked for the carrier too, of a certificate that was bound before carriers were stored.
            holder_missing="(person_key IS NULL OR ended_at IS NOT NULL AND carrier IS NULL)",
            list_covers="(q.ended_at IS NULL OR a.expired_since <= q.ended_at)",
            carrier_matters="q.ended_at IS NOT NULL OR q.expires_on IS NOT NULL",
        ),
        spend=SPEND_NONCES.strip(),
        checked=CHECKED.strip(),
        usable=_USABLE,
        remark=certificate_remark("g.expires_on"),
        columns=ENROLMENT_COLUMNS,
        tickets=tickets_known(instant="now()", as_of="g.as_of", institution="g.institution_code"),
        known_now=KNOWN_NOW.strip(),
        not_superseded=NOT_SUPERSEDED,
        versions_for=VERSIONS_FOR,
        tickets_for=TICKETS_FOR,
        recorded=recorded_in_order("spent"),
        reference=REFERENCE_FOR.strip(),
        rule=RULE_VERSION,
    )
)
"""Eligibility by card with the PIN, many at once; see `store.CARD_STATEMENT`."""
