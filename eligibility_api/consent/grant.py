"""SQL of granting a consent: the check before its challenge is issued, and the registering statement.

That statement is the proof query, extended by everything that a consent must satisfy: the preceding presence,
the facility's registered name, the window, whether the person is protected. Once the challenge is spent there
is an audit record, whatever the outcome.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from eligibility_api.clients.caller import Caller
from eligibility_api.consent.grant_together import (
    GRANTS_TOGETHER,
    PRECHECKS_TOGETHER,
    PRESENCE_FITS,
    SAME_CERTIFICATE,
)
from eligibility_api.contract.consent import Basis, ConsentRequest, words
from eligibility_api.contract.consent_versions import until_of
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.database.coalescing import Coalesced
from eligibility_api.database.connections import Database
from eligibility_api.domain.eligibility import RULE_VERSION
from eligibility_api.domain.enrolment_version import EnrolmentVersion
from eligibility_api.domain.permits import MAX_PRESENCE_AGE, AppointmentDay, window
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

PRECHECK_STATEMENT = Statement.of(f"""
SELECT f.name, CASE
        WHEN f.client_id IS NULL THEN 'client-closed'
        WHEN NOT f.rights @> :rights::text[] THEN 'right-missing'
        {PRESENCE_FITS.format(same_certificate="", client=":client_id", now="w.now")}
        END AS refusal
FROM (SELECT window_clock() AS now) w
LEFT JOIN (
    SELECT c.client_id, c.rights, f.institution_code, f.name
    FROM client c JOIN facility f USING (institution_code)
    WHERE c.client_id = :client_id AND c.closed_at IS NULL AND f.closed_at IS NULL
) f ON true
LEFT JOIN LATERAL identified_by(:presence_record, f.institution_code) p ON true
""")  # noqa: S608 - constants of the store, no values

_STATEMENT = """
WITH {guard}, {spend},
{reading},
{reference},
judged AS MATERIALIZED (
    SELECT g.*, w.now, gen_random_uuid() AS permit_id, CASE
        WHEN g.revocation_status <> 'good' THEN 'certificate-' || g.revocation_status
        {presence_fits}
        -- By the clock of windows: a consent must not begin after its own challenge has expired.
        WHEN w.now >= :expires_at THEN 'challenge-expired'
        -- A day that is over by the clock of windows.
        WHEN w.now >= :day_ends::timestamptz THEN 'consent-day'
        WHEN f.institution_code <> :stated_institution OR f.name <> :stated_name OR NOT :duration_is_right::boolean THEN 'consent-words-differ'
        -- The same conditions under which eligibility by card is refused on the day.
        WHEN EXISTS (
            SELECT FROM reading e
            WHERE e.self_disclosure_blocked
               OR e.mismatch = 'open' AND daterange(e.acquired_on, e.lost_on) @> :as_of
        ) THEN 'card-not-usable'
        ELSE 'answered' END AS outcome
    FROM guard g
    CROSS JOIN spent_now
    CROSS JOIN (SELECT window_clock() AS now) w
    JOIN facility f ON f.institution_code = g.institution_code
    LEFT JOIN LATERAL identified_by(:presence_record, g.institution_code) p ON true
),
recorded AS (
    INSERT INTO audit_record (kind, outcome, client_id, institution_code, facility_kind, operator, authority, serial,
                              person_key, challenge, as_of, enrolments, tickets, consents, rule_version, detail)
    SELECT 'eligibility.consent-' || :basis::text, outcome, :client_id, institution_code, facility_kind, :operator, :authority, :serial, person_key, :nonce,
           :as_of, {versions_read}, {tickets_read}, string_to_array(:categories, ','), {rule},
           jsonb_strip_nulls(jsonb_build_object(
               'revocation', evidence, 'presence', :presence_record::uuid, 'care', :care::text, 'certificate', {remark},
               'permit', CASE WHEN outcome = 'answered' THEN permit_id END))
    FROM judged
    RETURNING record_id, recorded_at, outcome
),
given AS (
    INSERT INTO permit (permit_id, basis, person_key, institution_code, client_id, care, categories, given_at,
                        available_from, until, operator, record_id)
    SELECT j.permit_id, :basis, j.person_key, j.institution_code, :client_id, :care, string_to_array(:categories, ','), j.now,
           CASE WHEN :day_begins::timestamptz > j.now THEN :day_begins END, coalesce(:day_ends::timestamptz, j.now + :window::interval), :operator, r.record_id
    FROM judged j CROSS JOIN recorded r
    WHERE j.outcome = 'answered'
    RETURNING permit_id, given_at, available_from, until
),
proven AS (
    INSERT INTO consent_evidence (permit_id, statement, words, audience, presence_record, challenge, certificate,
                                  signature, revocation)
    SELECT n.permit_id, :statement::jsonb, :words, :audience, :presence_record, :challenge, :certificate, :signature,
           CASE WHEN j.evidence = 'ocsp' THEN jsonb_build_object('source', 'ocsp', 'checked_at', now())
                ELSE jsonb_build_object(
                    'source', 'crl', 'crl_number', a.crl_number, 'crl_sha256', encode(a.crl_sha256, 'hex'),
                    'this_update', a.this_update, 'next_update', a.next_update,
                    -- A list may arrive between the statement's instant and its first read: the consent must not precede it.
                    'checked_at', least(a.checked_at, j.now)) END
    FROM given n CROSS JOIN judged j LEFT JOIN authority a ON a.authority = :authority
)
SELECT g.*, s.done IS NOT NULL AS spent, r.record_id, r.recorded_at, r.outcome, {limited} AS within_limit,
       n.permit_id, n.given_at, n.available_from, n.until, k.reference_number, e.*
FROM guard g
LEFT JOIN spent_now s ON true
LEFT JOIN recorded r ON true
LEFT JOIN given n ON true
LEFT JOIN reference k ON n.permit_id IS NOT NULL
LEFT JOIN reading e ON n.permit_id IS NOT NULL
"""


def _statement(*, visual: bool) -> Statement:
    spend, limited = spend_ctes(visual_limit=":visual_limit" if visual else None)
    same = SAME_CERTIFICATE.format(authority=":authority", serial=":serial")
    fits = PRESENCE_FITS.format(same_certificate=same, client=":client_id", now="w.now")
    source = _STATEMENT.format(
        # A certificate without a binding follows no presence: the holder need not be asked for.
        guard=PROOF_CHECK.format(
            holder_missing="false", list_covers="true", carrier=bound_carrier(":expires_on::date IS NOT NULL")
        ),
        spend=spend,
        reading=reading_of_person(as_of=":as_of::date", condition="g.revocation_status = 'good'"),
        reference=REFERENCE.strip(),
        presence_fits=fits,
        remark=certificate_remark(":expires_on"),
        versions_read=VERSIONS_READ,
        tickets_read=TICKETS_READ,
        rule=RULE_VERSION,
        limited=limited,
    )
    return Statement.of(source)


GRANT_STATEMENTS = {Basis.PIN: _statement(visual=False), Basis.VISUAL_CHECK: _statement(visual=True)}
"""The statements by basis.

`window` is null for care that lasts until it is ended, `expires_on` the certificate's last day if its alert has
begun; `day_begins` and `day_ends` are those of an appointment's day, or null.
"""

PRECHECKS = Coalesced(
    "consent challenge", PRECHECK_STATEMENT, PRECHECKS_TOGETHER, shared=("rights", "max_presence_age")
)
GRANTS = Coalesced(
    "consent",
    GRANT_STATEMENTS[Basis.PIN],
    GRANTS_TOGETHER,
    shared=("rights", "max_age", "basis", "max_presence_age", "audience"),
)


@dataclass(frozen=True, slots=True)
class GrantRequest:
    """The parameters of a consent in addition to its proof."""

    request: ConsentRequest
    basis: Literal[Basis.PIN, Basis.VISUAL_CHECK]
    operator: str | None
    as_of: date
    audience: str
    expires_on: date | None = None
    """The certificate's last day if its alert has begun."""


@dataclass(frozen=True, slots=True)
class GrantResult:
    """The statement's result: the proof check, the recorded outcome, whether the visual limit was kept.

    Of a registered consent also its id and window, the facility's own number for the person, and the versions
    read.
    """

    proof_check: ProofCheck
    outcome: str | None
    within_limit: bool
    consent_id: UUID | None
    given_at: datetime | None
    available_from: datetime | None
    until: datetime | None
    reference_number: str | None
    enrolments: Sequence[EnrolmentVersion]


async def facility_name(
    database: Database, caller: Caller, rights: Sequence[str], presence_record: UUID
) -> str:
    """The facility's name, if its terminal may register a consent after this presence.

    Raises `client-closed`, `right-missing`, `consent-presence-missing` or `consent-presence-too-old`.
    """
    values = {
        "client_id": caller.client_id,
        "rights": tuple(rights),
        "presence_record": presence_record,
        "max_presence_age": MAX_PRESENCE_AGE,
    }
    [row] = await database.fetch_together(PRECHECKS, values)
    if row["refusal"] is not None:
        raise ShikakuError(row["refusal"])
    return str(row["name"])


async def grant(
    database: Database,
    proof: VerifiedProof,
    terms: GrantRequest,
    evidence: Evidence,
    *,
    max_age: timedelta,
    visual_limit: int,
) -> GrantResult:
    """Check a consent against the database, spend its challenge, store and record it: one statement."""
    request, statement = terms.request, terms.request.statement
    day_begins, day_ends = AppointmentDay.of(statement.day) if statement.day is not None else (None, None)
    values: dict[str, Any] = {
        **proof.values(evidence, max_age),
        "basis": terms.basis.value,
        "operator": terms.operator,
        "presence_record": request.presence_record,
        "max_presence_age": MAX_PRESENCE_AGE,
        "window": window(statement.version, statement.care),
        "stated_institution": statement.institution_code,
        "stated_name": statement.institution_name,
        "duration_is_right": statement.until is until_of(statement.version, statement.care, statement.day),
        "categories": ",".join(category.value for category in statement.categories),
        "care": statement.care.value,
        "as_of": terms.as_of,
        "statement": statement.model_dump_json(),
        "words": words(statement),
        "challenge": request.challenge,
        "certificate": request.certificate,
        "signature": request.signature,
        "audience": terms.audience,
        "expires_on": terms.expires_on,
        "day_begins": day_begins,
        "day_ends": day_ends,
        "visual_limit": visual_limit,
    }
    if terms.basis is Basis.PIN and evidence.is_of_database:
        rows = await database.fetch_together(GRANTS, values)
    else:
        granting = GRANT_STATEMENTS[terms.basis]
        rows = await database.fetch(granting.text, granting.parameters(values))
    first = rows[0]
    return GrantResult(
        proof_check=ProofCheck.of(first),
        outcome=first["outcome"],
        within_limit=first["within_limit"],
        consent_id=first["permit_id"],
        given_at=first["given_at"],
        available_from=first["available_from"],
        until=first["until"],
        reference_number=first["reference_number"],
        enrolments=[enrolment_version(row) for row in rows if row["version"] is not None],
    )
