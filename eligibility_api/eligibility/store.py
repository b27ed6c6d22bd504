"""SQL of eligibility by card: the proof query, extended by reading enrolments and the audit record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from eligibility_api.database.coalescing import Coalesced
from eligibility_api.database.connections import Database
from eligibility_api.domain.eligibility import RULE_VERSION
from eligibility_api.domain.enrolment_version import EnrolmentVersion
from eligibility_api.eligibility.store_together import CARDS_TOGETHER
from eligibility_api.eligibility.versions import (
    REFERENCE,
    TICKETS_READ,
    VERSIONS_READ,
    enrolment_version,
    reading_of_person,
)
from eligibility_api.platform.sql import Statement
from eligibility_api.presence.query import (
    PROOF_CHECK,
    Evidence,
    ProofCheck,
    VerifiedProof,
    bound_carrier,
    certificate_remark,
    spend_ctes,
)

_STATEMENT = """
WITH {guard}, {spend},
{reading},
{reference},
recorded AS (
    INSERT INTO audit_record (kind, outcome, client_id, institution_code, facility_kind, operator, authority, serial,
                              person_key, challenge, as_of, enrolments, tickets, rule_version, known_version, detail)
    SELECT :kind,
           CASE WHEN g.revocation_status <> 'good' THEN 'certificate-' || g.revocation_status
                WHEN NOT ({usable}) THEN 'certificate-expired'
                WHEN g.person_key IS NOT NULL THEN 'answered'
                WHEN :holder_outcome IN ('registration-conflict', 'card-not-usable') THEN :holder_outcome
                ELSE 'first-registration-needed' END,
           :client_id, g.institution_code, g.facility_kind, :operator, :authority, :serial, g.person_key, :nonce, :as_of,
           {versions_read}, {tickets_read}, {rule}, :known_version,
           jsonb_strip_nulls(jsonb_build_object(
               'revocation', g.evidence, 'named', encode(:holder, 'hex'), 'certificate', {remark}))
    FROM guard g, spent_now
    RETURNING record_id, recorded_at, outcome
)
SELECT g.*, s.done IS NOT NULL AS spent, r.record_id, r.recorded_at, r.outcome, {limited} AS within_limit,
       n.reference_number, e.*
FROM guard g
LEFT JOIN spent_now s ON true
LEFT JOIN recorded r ON true
LEFT JOIN reference n ON true
LEFT JOIN reading e ON s.done
"""


_ENDED = ":ended_at::timestamptz IS NOT NULL"
_USABLE = ":ended_at::timestamptz IS NULL OR coalesce(g.person_key IS NOT NULL AND g.carrier = 'card', false)"
"""Whether the certificate has not expired, or is in the grace period of a card that is bound (rule A6)."""


def _statement(*, visual: bool) -> Statement:
    spend, limited = spend_ctes(visual_limit=":visual_limit" if visual else None)
    carrier = bound_carrier(f"{_ENDED} OR :expires_on::date IS NOT NULL")
    source = _STATEMENT.format(
        guard=PROOF_CHECK.format(
            # J-LIS is asked for the carrier too, of a certificate that was bound before carriers were stored.
            holder_missing=f"(person_key IS NULL OR {_ENDED} AND carrier IS NULL) AND :holder_outcome::text IS NULL",
            list_covers="(:ended_at::timestamptz IS NULL OR a.expired_since <= :ended_at)",
            carrier=f"coalesce({carrier}, :carrier::text)",
        ),
        spend=spend,
        reading=reading_of_person(
            as_of=":as_of::date", condition=f"g.revocation_status = 'good' AND ({_USABLE})"
        ),
        usable=_USABLE,
        remark=certificate_remark(":expires_on"),
        reference=REFERENCE.strip(),
        versions_read=VERSIONS_READ,
        tickets_read=TICKETS_READ,
        rule=RULE_VERSION,
        limited=limited,
    )
    return Statement.of(source)


CARD_STATEMENT = _statement(visual=False)
"""Eligibility by card with the PIN.

`ended_at` is the certificate's end if it is past, `carrier` what J-LIS named, `expires_on` the certificate's last
day if its alert has begun.
"""

CARDS = Coalesced("card", CARD_STATEMENT, CARDS_TOGETHER, shared=("rights", "max_age", "kind"))

VISUAL_STATEMENT = _statement(visual=True)
"""The same by visual check, with the hourly limit."""


@dataclass(frozen=True, slots=True)
class CardQuery:
    """The parameters of a card check in addition to the proof."""

    as_of: date
    known_version: str | None
    operator: str | None
    ended_at: datetime | None = None
    """The end of the certificate's validity if it is past: the card's grace period decides."""
    expires_on: date | None = None
    """The certificate's last day if its alert has begun."""


@dataclass(frozen=True, slots=True)
class CardCheckRow:
    """The statement's result: the proof check, the recorded outcome, whether the visual limit was kept.

    Also the facility's own number for the person, and the versions read.
    """

    proof_check: ProofCheck
    outcome: str | None
    within_limit: bool
    reference_number: str | None
    enrolments: Sequence[EnrolmentVersion]


async def use_proof(
    database: Database,
    proof: VerifiedProof,
    asked: CardQuery,
    evidence: Evidence,
    *,
    max_age: timedelta,
    visual_limit: int | None = None,
) -> CardCheckRow:
    """Check a proof against the database, spend it, read and record, in one statement.

    Checks with the PIN that arrive together travel together, until one lacks evidence.
    `visual_limit`: the hourly limit, for a visual check only.
    """
    kind = "eligibility.card" if visual_limit is None else "eligibility.visual-check"
    values: dict[str, Any] = {
        **proof.values(evidence, max_age),
        "as_of": asked.as_of,
        "kind": kind,
        "operator": asked.operator,
        "known_version": asked.known_version,
        "ended_at": asked.ended_at,
        "carrier": evidence.holder.carrier if evidence.holder is not None else None,
        "expires_on": asked.expires_on,
        "visual_limit": visual_limit,
    }
    if visual_limit is None and evidence.is_of_database:
        rows = await database.fetch_together(CARDS, values)
    else:
        statement = CARD_STATEMENT if visual_limit is None else VISUAL_STATEMENT
        rows = await database.fetch(statement.text, statement.parameters(values))
    first = rows[0]
    enrolments = [enrolment_version(row) for row in rows if row["version"] is not None]
    return CardCheckRow(
        ProofCheck.of(first), first["outcome"], first["within_limit"], first["reference_number"], enrolments
    )
