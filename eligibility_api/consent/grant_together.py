"""SQL of many consents in one statement, and of the checks before their challenges: see `grant.py`.

Only what the database decides: a consent that needs OCSP goes alone, and nothing of it is used before. The rows
of a request are found by its place in the group. Each leaves its own audit record.
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

PRESENCE_FITS = """
        WHEN coalesce(p.kind, '') NOT IN ('eligibility.card', 'eligibility.visual-check') THEN 'consent-presence-missing'
        {same_certificate}
        WHEN p.client_id <> {client} OR p.recorded_at < {now} - :max_presence_age::interval THEN 'consent-presence-too-old'
"""
"""The presence that a consent may follow (W3), as a part of a CASE over `identified_by(…) p`."""

SAME_CERTIFICATE = (
    "WHEN p.authority <> {authority} OR p.serial <> {serial} THEN 'consent-presence-other-certificate'"
)

PRECHECKS_TOGETHER = Statement.of(f"""
SELECT a.place, f.name, CASE
        WHEN f.client_id IS NULL THEN 'client-closed'
        WHEN NOT f.rights @> :rights::text[] THEN 'right-missing'
        {PRESENCE_FITS.format(same_certificate="", client="a.client_id", now="w.now").strip()}
        END AS refusal
FROM unnest(:client_id::uuid[], :presence_record::uuid[]) WITH ORDINALITY AS a (client_id, presence_record, place)
CROSS JOIN (SELECT window_clock() AS now OFFSET 0) w
LEFT JOIN LATERAL (
    SELECT c.client_id, c.rights, f.institution_code, f.name
    FROM client c JOIN facility f USING (institution_code)
    WHERE c.client_id = a.client_id AND c.closed_at IS NULL AND f.closed_at IS NULL
) f ON true
LEFT JOIN LATERAL identified_by(a.presence_record, f.institution_code) p ON true
""")  # noqa: S608 - constants of the store, no values

_STATEMENT = """
WITH asked AS MATERIALIZED (
    SELECT *
    FROM unnest({proof_arrays},
                :presence_record::uuid[], :window::interval[], :stated_institution::text[], :stated_name::text[],
                :duration_is_right::boolean[], :categories::text[], :care::text[], :as_of::date[], :statement::text[],
                :words::text[], :challenge::text[], :certificate::bytea[], :signature::bytea[], :expires_on::date[],
                :day_begins::timestamptz[], :day_ends::timestamptz[])
        WITH ORDINALITY AS a ({proof_columns}, presence_record, "window", stated_institution, stated_name,
                              duration_is_right, categories, care, as_of, statement, words, challenge, certificate,
                              signature, expires_on, day_begins, day_ends, place)
),
{guard}
{spend}
reading AS MATERIALIZED (
    SELECT g.place AS read_for, {columns}, {tickets}
    FROM spent g
    JOIN enrolment e ON e.person_key = g.person_key
    {known_now}
    WHERE {not_superseded} AND g.revocation_status = 'good'
),
judged AS MATERIALIZED (
    SELECT g.*, w.now, gen_random_uuid() AS permit_id, CASE
        WHEN g.revocation_status <> 'good' THEN 'certificate-' || g.revocation_status
        {presence_fits}
        -- By the clock of windows: a consent must not begin after its own challenge has expired.
        WHEN w.now >= g.expires_at THEN 'challenge-expired'
        -- A day that is over by the clock of windows.
        WHEN w.now >= g.day_ends THEN 'consent-day'
        WHEN f.institution_code <> g.stated_institution OR f.name <> g.stated_name OR NOT g.duration_is_right
            THEN 'consent-words-differ'
        -- The same conditions under which eligibility by card is refused on the day.
        WHEN EXISTS (
            SELECT FROM reading e
            WHERE e.read_for = g.place
              AND (e.self_disclosure_blocked OR e.mismatch = 'open' AND daterange(e.acquired_on, e.lost_on) @> g.as_of)
        ) THEN 'card-not-usable'
        ELSE 'answered' END AS outcome
    FROM spent g
    CROSS JOIN (SELECT window_clock() AS now OFFSET 0) w
    JOIN facility f ON f.institution_code = g.institution_code
    LEFT JOIN LATERAL identified_by(g.presence_record, g.institution_code) p ON true
),
inserted AS (
    INSERT INTO audit_record (kind, outcome, client_id, institution_code, facility_kind, authority, serial, person_key,
                              challenge, as_of, enrolments, tickets, consents, rule_version, detail)
    SELECT 'eligibility.consent-' || :basis::text, g.outcome, g.client_id, g.institution_code, g.facility_kind, g.authority,
           g.serial, g.person_key, g.nonce, g.as_of, {versions_for}, {tickets_for}, string_to_array(g.categories, ','), {rule},
           jsonb_strip_nulls(jsonb_build_object(
               'revocation', g.evidence, 'presence', g.presence_record, 'care', g.care, 'certificate', {remark},
               'permit', CASE WHEN g.outcome = 'answered' THEN g.permit_id END))
    FROM judged g
    ORDER BY g.place
    RETURNING record_id, recorded_at, outcome
),
{recorded},
given AS (
    INSERT INTO permit (permit_id, basis, person_key, institution_code, client_id, care, categories, given_at,
                        available_from, until, record_id)
    SELECT j.permit_id, :basis, j.person_key, j.institution_code, j.client_id, j.care, string_to_array(j.categories, ','),
           j.now, CASE WHEN j.day_begins > j.now THEN j.day_begins END, coalesce(j.day_ends, j.now + j."window"), r.record_id
    FROM judged j JOIN recorded r ON r.place = j.place
    WHERE j.outcome = 'answered'
    ORDER BY j.place
    RETURNING permit_id, given_at, available_from, until
),
permitted AS MATERIALIZED (
    SELECT j.place, n.* FROM given n JOIN judged j ON j.permit_id = n.permit_id
),
proven AS (
    INSERT INTO consent_evidence (permit_id, statement, words, audience, presence_record, challenge, certificate,
                                  signature, revocation)
    SELECT n.permit_id, j.statement::jsonb, j.words, :audience, j.presence_record, j.challenge, j.certificate, j.signature,
           jsonb_build_object(
               'source', 'crl', 'crl_number', a.crl_number, 'crl_sha256', encode(a.crl_sha256, 'hex'),
               'this_update', a.this_update, 'next_update', a.next_update,
               -- A list may arrive between the statement's instant and its first read: the consent must not precede it.
               'checked_at', least(a.checked_at, j.now))
    FROM permitted n JOIN judged j ON j.place = n.place LEFT JOIN authority a ON a.authority = j.authority
)
SELECT {checked}, p.permit_id, p.given_at, p.available_from, p.until, n.reference_number, e.*
FROM guard g
LEFT JOIN recorded r ON r.place = g.place
LEFT JOIN permitted p ON p.place = g.place
{reference}
LEFT JOIN reading e ON e.read_for = g.place AND p.permit_id IS NOT NULL
"""

GRANTS_TOGETHER = Statement.of(
    _STATEMENT.format(
        proof_arrays=PROOF_ARRAYS,
        proof_columns=PROOF_COLUMNS,
        # A certificate without a binding follows no presence: the holder need not be asked for.
        guard=PROOF_CHECKS.strip().format(
            holder_missing="false", list_covers="true", carrier_matters="q.expires_on IS NOT NULL"
        ),
        spend=SPEND_NONCES.strip(),
        checked=CHECKED.strip(),
        presence_fits=PRESENCE_FITS.format(
            same_certificate=SAME_CERTIFICATE.format(authority="g.authority", serial="g.serial"),
            client="g.client_id",
            now="w.now",
        ).strip(),
        remark=certificate_remark("g.expires_on"),
        columns=ENROLMENT_COLUMNS,
        tickets=tickets_known(instant="now()", as_of="g.as_of", institution="g.institution_code"),
        known_now=KNOWN_NOW.strip(),
        not_superseded=NOT_SUPERSEDED,
        versions_for=VERSIONS_FOR,
        tickets_for=TICKETS_FOR,
        recorded=recorded_in_order("judged"),
        reference=REFERENCE_FOR.strip(),
        rule=RULE_VERSION,
    )
)
"""Consents with the PIN, many at once; see `grant.GRANT_STATEMENTS`."""
