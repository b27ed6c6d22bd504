-- Rendered by `make docs` from the parts in the code; do not edit.
-- Parameters: :expires_at, :nonce, :client_id, :authority, :serial, :presence_record, :window, :stated_institution, :stated_name,
--   :duration_is_right, :categories, :care, :as_of, :statement, :words, :challenge, :certificate, :signature, :expires_on,
--   :day_begins, :day_ends, :rights, :max_age, :max_presence_age, :basis, :audience.
WITH asked AS MATERIALIZED (
    SELECT *
    FROM unnest(:expires_at::timestamptz[], :nonce::bytea[], :client_id::uuid[], :authority::bytea[], :serial::bytea[],
                :presence_record::uuid[], :window::interval[], :stated_institution::text[], :stated_name::text[],
                :duration_is_right::boolean[], :categories::text[], :care::text[], :as_of::date[], :statement::text[],
                :words::text[], :challenge::text[], :certificate::bytea[], :signature::bytea[], :expires_on::date[],
                :day_begins::timestamptz[], :day_ends::timestamptz[])
        WITH ORDINALITY AS a (expires_at, nonce, client_id, authority, serial, presence_record, "window", stated_institution,
            stated_name,
                              duration_is_right, categories, care, as_of, statement, words, challenge, certificate,
                              signature, expires_on, day_begins, day_ends, place)
),
-- Is the challenge in time by the database's clock, is the terminal admitted, what is the certificate's status, and to
-- whom is it bound. `missing` is what another source must supply.
guard AS MATERIALIZED (
    SELECT c.*, CASE
        WHEN revocation_status IS NULL THEN 'revocation_status'
        WHEN revocation_status = 'good' AND false THEN 'holder' END AS missing
    FROM (
        SELECT q.*,
               now() < q.expires_at AS in_time,
               t.client_id IS NOT NULL AS admitted,
               coalesce(t.rights @> :rights::text[], false) AS entitled,
               t.institution_code,
               t.kind AS facility_kind,
               CASE WHEN a.authority IS NOT NULL THEN coalesce(r.status, 'good') END AS revocation_status,
               'crl ' || a.crl_number::text AS evidence,
               b.person_key,
               CASE WHEN q.expires_on IS NOT NULL
                   THEN (SELECT k.carrier FROM binding k WHERE k.authority = q.authority AND k.serial = q.serial) END AS carrier
        FROM asked q
        LEFT JOIN LATERAL (
            SELECT c.client_id, c.rights, f.institution_code, f.kind
            FROM client c JOIN facility f USING (institution_code)
            WHERE c.client_id = q.client_id AND c.closed_at IS NULL AND f.closed_at IS NULL
        ) t ON true
        -- The mirror counts only while it is fresh, and of an expired certificate only if its list keeps those.
        LEFT JOIN authority a
            ON a.authority = q.authority AND a.checked_at > now() - :max_age::interval AND a.next_update > now()
           AND true
        LEFT JOIN revoked_certificate r ON r.authority = q.authority AND r.serial = q.serial
        LEFT JOIN binding b ON b.authority = q.authority AND b.serial = q.serial AND coalesce(b.ends_at > now(), true)
        OFFSET 0
    ) c
),
-- Of several requests with one proof the first spends it, unless it was spent before.
spendable AS MATERIALIZED (
    SELECT place, expires_at, nonce, row_number() OVER (PARTITION BY expires_at, nonce ORDER BY place) AS nth
    FROM guard
    WHERE in_time AND admitted AND entitled AND missing IS NULL
),
-- In the order of keys, so that no two statements can deadlock.
spent_now AS (
    INSERT INTO used_nonce (expires_at, id)
    SELECT expires_at, nonce FROM spendable WHERE nth = 1 ORDER BY expires_at, nonce
    ON CONFLICT DO NOTHING
    RETURNING expires_at, id
),
spent AS MATERIALIZED (
    SELECT g.*
    FROM spent_now n
    JOIN spendable s ON s.expires_at = n.expires_at AND s.nonce = n.id AND s.nth = 1
    JOIN guard g ON g.place = s.place
),
reading AS MATERIALIZED (
    SELECT g.place AS read_for, e.version, e.entitlement, e.person_key AS holder, e.mismatch, o.insurer_number, e.insurer_name,
        e.certificate_kind, e.symbol, e.number, e.branch, e.relationship, e.insured_name, e.insured_birth_date, e.name,
        e.name_kana, e.name_alias, e.name_alias_kana, e.sex, e.sex_on_certificate, e.birth_date, e.postal_code, e.address,
        e.acquired_on, e.lost_on, e.reason_of_loss, e.issued_on, e.valid_from, e.valid_to, e.burden_ratio, e.elderly_certificate,
        e.limit_certificate, e.specific_diseases, e.nondisclosure, e.self_disclosure_blocked,
        CASE WHEN e.certificate_kind = 'A1' THEN (
    SELECT jsonb_agg(jsonb_build_object('version', k.version, 'ticket', jsonb_build_object(
        'ticket_type', k.ticket_type, 'month', to_char(k.month, 'YYYY-MM'), 'valid_from', k.valid_from,
        'valid_to', k.valid_to, 'issue_number', k.issue_number, 'institution_code', k.institution_code,
        'institution_name', k.institution_name, 'treatment', k.treatment,
        'single_or_combined', k.single_or_combined, 'self_pay', k.self_pay)) ORDER BY k.version)
    FROM medical_ticket k
    JOIN revision o ON o.revision = k.opened_by AND o.published_at <= now()
    LEFT JOIN revision c ON c.revision = k.closed_by AND c.published_at <= now()
        WHERE k.entitlement = e.entitlement AND k.institution_code = g.institution_code
          AND k.month = date_trunc('month', g.as_of::timestamp)::date AND c.revision IS NULL) END AS tickets
    FROM spent g
    JOIN enrolment e ON e.person_key = g.person_key
    JOIN revision o ON o.revision = e.opened_by AND o.published_at <= now()
    LEFT JOIN revision c ON c.revision = e.closed_by AND c.published_at <= now()
    WHERE c.revision IS NULL AND g.revocation_status = 'good'
),
judged AS MATERIALIZED (
    SELECT g.*, w.now, gen_random_uuid() AS permit_id, CASE
        WHEN g.revocation_status <> 'good' THEN 'certificate-' || g.revocation_status
        WHEN coalesce(p.kind, '') NOT IN ('eligibility.card', 'eligibility.visual-check') THEN 'consent-presence-missing'
        WHEN p.authority <> g.authority OR p.serial <> g.serial THEN 'consent-presence-other-certificate'
        WHEN p.client_id <> g.client_id OR p.recorded_at < w.now - :max_presence_age::interval THEN 'consent-presence-too-old'
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
           g.serial, g.person_key, g.nonce, g.as_of, (SELECT coalesce(array_agg(version ORDER BY version),
               '{}') FROM reading WHERE read_for = g.place), (SELECT array_agg((k ->> 'version')::bigint) FROM reading,
               jsonb_array_elements(tickets) AS k
            WHERE read_for = g.place), string_to_array(g.categories, ','), 3,
           jsonb_strip_nulls(jsonb_build_object(
               'revocation', g.evidence, 'presence', g.presence_record, 'care', g.care, 'certificate',
                   CASE WHEN g.expires_on::date IS NOT NULL THEN jsonb_build_object('expires_on', g.expires_on::date, 'carrier',
                   carrier) END,
               'permit', CASE WHEN g.outcome = 'answered' THEN g.permit_id END))
    FROM judged g
    ORDER BY g.place
    RETURNING record_id, recorded_at, outcome
),
-- The nth record is the nth request's: the ids ascend in the order of insertion.
recorded AS MATERIALIZED (
    SELECT p.place, r.record_id, r.recorded_at, r.outcome
    FROM (SELECT place, row_number() OVER (ORDER BY place) AS nth FROM judged) p
    JOIN (SELECT i.*, row_number() OVER (ORDER BY record_id) AS nth FROM inserted i) r ON r.nth = p.nth
),
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
SELECT g.place,
       g.in_time AND g.admitted AND g.entitled AND g.missing IS NOT NULL AS goes_alone,
       g.in_time, g.admitted, g.entitled, g.missing, g.revocation_status, g.person_key, g.facility_kind, g.carrier,
       r.place IS NOT NULL AS spent, r.record_id, r.recorded_at, r.outcome, true AS within_limit, p.permit_id, p.given_at,
           p.available_from, p.until, n.reference_number, e.*
FROM guard g
LEFT JOIN recorded r ON r.place = g.place
LEFT JOIN permitted p ON p.place = g.place
LEFT JOIN LATERAL (
    SELECT n.reference_number
    FROM reading v JOIN reference_number n ON n.institution_code = g.institution_code AND n.entitlement = v.entitlement
    WHERE v.read_for = g.place AND v.mismatch <> 'open'
    ORDER BY n.registered_at DESC
    LIMIT 1
) n ON true
LEFT JOIN reading e ON e.read_for = g.place AND p.permit_id IS NOT NULL;
