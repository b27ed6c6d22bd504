-- Rendered by `make docs` from the parts in the code; do not edit.
-- Parameters: :ended_at, :holder_outcome, :expires_at, :nonce, :rights, :ocsp_status, :expires_on, :authority, :serial, :carrier,
--   :client_id, :max_age, :as_of, :kind, :operator, :known_version, :holder.
WITH
guard AS MATERIALIZED (
    SELECT *, CASE
        -- For a proof that was spent before no other source is queried.
        WHEN used THEN NULL
        WHEN revocation_status IS NULL THEN 'revocation_status'
        WHEN revocation_status = 'good' AND (person_key IS NULL OR :ended_at::timestamptz IS NOT NULL AND carrier IS NULL) AND :holder_outcome::text IS NULL THEN 'holder' END AS missing
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
            coalesce(CASE WHEN :ended_at::timestamptz IS NOT NULL OR :expires_on::date IS NOT NULL THEN (SELECT k.carrier FROM binding k WHERE k.authority = :authority AND k.serial = :serial) END,
                :carrier::text) AS carrier
        FROM (VALUES (true)) AS always (one)
        LEFT JOIN (
            SELECT c.client_id, c.rights, f.institution_code, f.kind
            FROM client c JOIN facility f USING (institution_code)
            WHERE c.client_id = :client_id AND c.closed_at IS NULL AND f.closed_at IS NULL
        ) t ON true
        -- The mirror counts only while it is fresh, and of an expired certificate only if its list keeps those.
        LEFT JOIN authority a
            ON a.authority = :authority AND a.checked_at > now() - :max_age::interval AND a.next_update > now() AND (:ended_at::timestamptz IS NULL OR a.expired_since <= :ended_at)
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
    WHERE c.revision IS NULL AND g.revocation_status = 'good' AND (:ended_at::timestamptz IS NULL OR coalesce(g.person_key IS NOT NULL AND g.carrier = 'card',
        false))
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
recorded AS (
    INSERT INTO audit_record (kind, outcome, client_id, institution_code, facility_kind, operator, authority, serial,
                              person_key, challenge, as_of, enrolments, tickets, rule_version, known_version, detail)
    SELECT :kind,
           CASE WHEN g.revocation_status <> 'good' THEN 'certificate-' || g.revocation_status
                WHEN NOT (:ended_at::timestamptz IS NULL OR coalesce(g.person_key IS NOT NULL AND g.carrier = 'card',
                    false)) THEN 'certificate-expired'
                WHEN g.person_key IS NOT NULL THEN 'answered'
                WHEN :holder_outcome IN ('registration-conflict', 'card-not-usable') THEN :holder_outcome
                ELSE 'first-registration-needed' END,
           :client_id, g.institution_code, g.facility_kind, :operator, :authority, :serial, g.person_key, :nonce, :as_of,
           (SELECT coalesce(array_agg(version ORDER BY version), '{}') FROM reading),
               (SELECT array_agg((k ->> 'version')::bigint) FROM reading, jsonb_array_elements(tickets) AS k), 3, :known_version,
           jsonb_strip_nulls(jsonb_build_object(
               'revocation', g.evidence, 'named', encode(:holder, 'hex'), 'certificate',
                   CASE WHEN :expires_on::date IS NOT NULL THEN jsonb_build_object('expires_on', :expires_on::date, 'carrier',
                   carrier) END))
    FROM guard g, spent_now
    RETURNING record_id, recorded_at, outcome
)
SELECT g.*, s.done IS NOT NULL AS spent, r.record_id, r.recorded_at, r.outcome, true AS within_limit,
       n.reference_number, e.*
FROM guard g
LEFT JOIN spent_now s ON true
LEFT JOIN recorded r ON true
LEFT JOIN reference n ON true
LEFT JOIN reading e ON s.done;
