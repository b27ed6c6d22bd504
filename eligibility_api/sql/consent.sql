-- Rendered by `make docs` from the parts in the code; do not edit.
-- Parameters: :expires_at, :nonce, :rights, :ocsp_status, :expires_on, :authority, :serial, :client_id, :max_age, :as_of,
--   :max_presence_age, :day_ends, :stated_institution, :stated_name, :duration_is_right, :presence_record, :basis, :operator,
--   :categories, :care, :day_begins, :window, :statement, :words, :audience, :challenge, :certificate, :signature.
WITH
guard AS MATERIALIZED (
    SELECT *, CASE
        -- For a proof that was spent before no other source is queried.
        WHEN used THEN NULL
        WHEN revocation_status IS NULL THEN 'revocation_status'
        WHEN revocation_status = 'good' AND false THEN 'holder' END AS missing
    FROM (
        SELECT
            now() < :expires_at::timestamptz AS in_time,
            EXISTS (SELECT FROM used_nonce WHERE expires_at = :expires_at AND id = :nonce) AS used,
            t.client_id IS NOT NULL AS admitted,
            coalesce(t.rights @> :rights::text[], false) AS entitled,
            t.institution_code,
            t.kind AS facility_kind,
            CASE WHEN a.authority IS NOT NULL THEN coalesce(r.status, 'good') ELSE :ocsp_status::text END AS revocation_status,
            CASE WHEN a.authority IS NOT NULL THEN 'crl ' || a.crl_number::text ELSE 'ocsp' END AS evidence,
            b.person_key,
            CASE WHEN :expires_on::date IS NOT NULL THEN (SELECT k.carrier FROM binding k WHERE k.authority = :authority AND k.serial = :serial) END AS carrier
        FROM (VALUES (true)) AS always (one)
        LEFT JOIN (
            SELECT c.client_id, c.rights, f.institution_code, f.kind
            FROM client c JOIN facility f USING (institution_code)
            WHERE c.client_id = :client_id AND c.closed_at IS NULL AND f.closed_at IS NULL
        ) t ON true
        -- The mirror counts only while it is fresh, and of an expired certificate only if its list keeps those.
        LEFT JOIN authority a
            ON a.authority = :authority AND a.checked_at > now() - :max_age::interval AND a.next_update > now() AND true
        LEFT JOIN revoked_certificate r ON r.authority = :authority AND r.serial = :serial
        LEFT JOIN binding b ON b.authority = :authority AND b.serial = :serial AND coalesce(b.ends_at > now(), true)
        -- Keeps the subquery separate: merged with the outer one, it would search every partition of `used_nonce` twice.
        OFFSET 0
    ) checked
),
spent_now AS (
    INSERT INTO used_nonce (expires_at, id)
    SELECT :expires_at, :nonce FROM guard WHERE in_time AND admitted AND entitled AND missing IS NULL
    ON CONFLICT DO NOTHING
    RETURNING true AS done
),
reading AS MATERIALIZED (
    SELECT e.version, e.entitlement, e.person_key AS holder, e.mismatch, o.insurer_number, e.insurer_name, e.certificate_kind,
        e.symbol, e.number, e.branch, e.relationship, e.insured_name, e.insured_birth_date, e.name, e.name_kana, e.name_alias,
        e.name_alias_kana, e.sex, e.sex_on_certificate, e.birth_date, e.postal_code, e.address, e.acquired_on, e.lost_on,
        e.reason_of_loss, e.issued_on, e.valid_from, e.valid_to, e.burden_ratio, e.elderly_certificate, e.limit_certificate,
        e.specific_diseases, e.nondisclosure, e.self_disclosure_blocked, CASE WHEN e.certificate_kind = 'A1' THEN (
    SELECT jsonb_agg(jsonb_build_object('version', k.version, 'ticket', jsonb_build_object(
        'ticket_type', k.ticket_type, 'month', to_char(k.month, 'YYYY-MM'), 'valid_from', k.valid_from,
        'valid_to', k.valid_to, 'issue_number', k.issue_number, 'institution_code', k.institution_code,
        'institution_name', k.institution_name, 'treatment', k.treatment,
        'single_or_combined', k.single_or_combined, 'self_pay', k.self_pay)) ORDER BY k.version)
    FROM medical_ticket k
    JOIN revision o ON o.revision = k.opened_by AND o.published_at <= now()
    LEFT JOIN revision c ON c.revision = k.closed_by AND c.published_at <= now()
        WHERE k.entitlement = e.entitlement AND k.institution_code = g.institution_code
          AND k.month = date_trunc('month', :as_of::date::timestamp)::date AND c.revision IS NULL) END AS tickets
    FROM guard g
    JOIN enrolment e ON e.person_key = g.person_key
    JOIN revision o ON o.revision = e.opened_by AND o.published_at <= now()
    LEFT JOIN revision c ON c.revision = e.closed_by AND c.published_at <= now()
    WHERE c.revision IS NULL AND g.revocation_status = 'good'
),
reference AS MATERIALIZED (
    SELECT n.reference_number
    FROM guard g
    CROSS JOIN reading r
    JOIN reference_number n ON n.institution_code = g.institution_code AND n.entitlement = r.entitlement
    WHERE r.mismatch <> 'open'
    ORDER BY n.registered_at DESC
    LIMIT 1
),
judged AS MATERIALIZED (
    SELECT g.*, w.now, gen_random_uuid() AS permit_id, CASE
        WHEN g.revocation_status <> 'good' THEN 'certificate-' || g.revocation_status
        WHEN coalesce(p.kind, '') NOT IN ('eligibility.card', 'eligibility.visual-check') THEN 'consent-presence-missing'
        WHEN p.authority <> :authority OR p.serial <> :serial THEN 'consent-presence-other-certificate'
        WHEN p.client_id <> :client_id OR p.recorded_at < w.now - :max_presence_age::interval THEN 'consent-presence-too-old'
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
    SELECT 'eligibility.consent-' || :basis::text, outcome, :client_id, institution_code, facility_kind, :operator, :authority,
        :serial, person_key, :nonce,
           :as_of, (SELECT coalesce(array_agg(version ORDER BY version), '{}') FROM reading),
               (SELECT array_agg((k ->> 'version')::bigint) FROM reading, jsonb_array_elements(tickets) AS k),
               string_to_array(:categories, ','), 3,
           jsonb_strip_nulls(jsonb_build_object(
               'revocation', evidence, 'presence', :presence_record::uuid, 'care', :care::text, 'certificate',
                   CASE WHEN :expires_on::date IS NOT NULL THEN jsonb_build_object('expires_on', :expires_on::date, 'carrier',
                   carrier) END,
               'permit', CASE WHEN outcome = 'answered' THEN permit_id END))
    FROM judged
    RETURNING record_id, recorded_at, outcome
),
given AS (
    INSERT INTO permit (permit_id, basis, person_key, institution_code, client_id, care, categories, given_at,
                        available_from, until, operator, record_id)
    SELECT j.permit_id, :basis, j.person_key, j.institution_code, :client_id, :care, string_to_array(:categories, ','), j.now,
           CASE WHEN :day_begins::timestamptz > j.now THEN :day_begins END, coalesce(:day_ends::timestamptz,
               j.now + :window::interval), :operator, r.record_id
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
SELECT g.*, s.done IS NOT NULL AS spent, r.record_id, r.recorded_at, r.outcome, true AS within_limit,
       n.permit_id, n.given_at, n.available_from, n.until, k.reference_number, e.*
FROM guard g
LEFT JOIN spent_now s ON true
LEFT JOIN recorded r ON true
LEFT JOIN given n ON true
LEFT JOIN reference k ON n.permit_id IS NOT NULL
LEFT JOIN reading e ON n.permit_id IS NOT NULL;
