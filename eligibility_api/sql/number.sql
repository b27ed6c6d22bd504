-- Rendered by `make docs` from the parts in the code; do not edit.
-- Parameters: :right, :terminal_limit, :facility_limit, :client_id, :insurer_number, :number_key, :symbol_key, :birth_date,
--   :first_branch, :last_branch, :as_of, :kind, :consents, :known_version.
WITH
guard AS MATERIALIZED (
    SELECT t.client_id IS NOT NULL AS admitted,
           coalesce(:right::text = ANY (t.rights), false) AS entitled,
           t.institution_code,
           t.kind AS facility_kind,
           coalesce(least(:terminal_limit::integer - m.of_terminal, :facility_limit::integer - m.of_facility), 1) AS misses_left
    FROM (VALUES (true)) AS always (one)
    LEFT JOIN (
        SELECT c.client_id, c.rights, f.institution_code, f.kind
        FROM client c JOIN facility f USING (institution_code)
        WHERE c.client_id = :client_id AND c.closed_at IS NULL AND f.closed_at IS NULL
    ) t ON true
    CROSS JOIN LATERAL (
        SELECT coalesce((SELECT misses FROM number_miss WHERE institution_code = t.institution_code AND client_id = :client_id
                         AND hour = date_trunc('hour', now())), 0) AS of_terminal,
               coalesce((SELECT misses FROM facility_number_miss WHERE institution_code = t.institution_code
                         AND hour = date_trunc('hour', now())), 0) AS of_facility
    ) m
),
asked AS MATERIALIZED (
    SELECT t.entitlement
    FROM guard g
    JOIN entitlement t ON t.insurer_number = :insurer_number AND t.number_key = :number_key AND t.symbol_key = :symbol_key
                      AND (t.birth_date, t.branch_key) BETWEEN (:birth_date, :first_branch) AND (:birth_date, :last_branch)
    WHERE admitted AND entitled AND misses_left > 0
),
fitting AS MATERIALIZED (
    SELECT e.* FROM asked JOIN enrolment e USING (entitlement)
    JOIN revision o ON o.revision = e.opened_by AND o.published_at <= now()
    LEFT JOIN revision c ON c.revision = e.closed_by AND c.published_at <= now()
 WHERE c.revision IS NULL
),
found AS MATERIALIZED (
    SELECT coalesce(array_agg(DISTINCT entitlement), '{}') AS asked,
           CASE WHEN count(DISTINCT coalesce(person_key, int8send(entitlement))) = 1 THEN min(person_key) END AS person_key
    FROM fitting
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
    CROSS JOIN (
        SELECT f.* FROM fitting f WHERE f.person_key IS NULL
        UNION ALL
        SELECT e.*
        FROM (SELECT DISTINCT person_key FROM fitting) p
        JOIN enrolment e ON e.person_key = p.person_key
    JOIN revision o ON o.revision = e.opened_by AND o.published_at <= now()
    LEFT JOIN revision c ON c.revision = e.closed_by AND c.published_at <= now()
        WHERE c.revision IS NULL
    ) e
    JOIN revision o ON o.revision = e.opened_by
    WHERE true
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
missed (misses) AS MATERIALIZED (SELECT CASE WHEN f.asked = '{}' THEN 1 ELSE 0 END FROM found f),
counted_of_terminal AS (
    INSERT INTO number_miss AS m (institution_code, client_id, hour, misses, streak, missed_at)
    SELECT g.institution_code, :client_id, date_trunc('hour', now()), s.misses, s.misses, now()
    FROM guard g CROSS JOIN missed s
    WHERE s.misses > 0 AND :terminal_limit IS NOT NULL AND admitted AND entitled AND misses_left > 0
    ON CONFLICT (institution_code, client_id) DO UPDATE SET
        misses = excluded.misses + CASE WHEN m.hour = excluded.hour THEN m.misses ELSE 0 END,
        streak = excluded.streak + CASE WHEN m.missed_at > now() - interval '60 seconds' THEN m.streak ELSE 0 END,
        hour = excluded.hour,
        missed_at = excluded.missed_at
    WHERE m.hour <> excluded.hour OR m.misses + excluded.misses <= :terminal_limit
    RETURNING institution_code, hour, streak
),
counted AS (
    INSERT INTO facility_number_miss AS f (institution_code, hour, misses)
    SELECT t.institution_code, t.hour, s.misses FROM counted_of_terminal t CROSS JOIN missed s
    ON CONFLICT (institution_code) DO UPDATE SET
        misses = excluded.misses + CASE WHEN f.hour = excluded.hour THEN f.misses ELSE 0 END,
        hour = excluded.hour
    WHERE f.hour <> excluded.hour OR f.misses + excluded.misses <= :facility_limit
    RETURNING (SELECT streak FROM counted_of_terminal) AS streak
),
recorded AS (
    INSERT INTO audit_record (kind, outcome, client_id, institution_code, facility_kind, person_key, as_of, enrolments,
                              matched_entitlements, tickets, consents, rule_version, known_version, detail)
    SELECT :kind, 'answered', :client_id, g.institution_code, g.facility_kind, f.person_key, :as_of,
        (SELECT coalesce(array_agg(version ORDER BY version), '{}') FROM reading), f.asked,
           (SELECT array_agg((k ->> 'version')::bigint) FROM reading, jsonb_array_elements(tickets) AS k),
               string_to_array(:consents, ','), 3, :known_version,
           jsonb_strip_nulls(jsonb_build_object('asked_insurer', :insurer_number::text, 'known_at', NULL))
    FROM guard g CROSS JOIN found f
    WHERE admitted AND entitled AND misses_left > 0
    RETURNING record_id, recorded_at, outcome
)
SELECT g.*, (SELECT misses > 0 AND :terminal_limit IS NOT NULL AND NOT EXISTS (SELECT FROM counted) FROM missed) AS over_limit,
    m.streak, r.record_id, r.recorded_at, r.outcome, f.asked, f.person_key, n.reference_number, e.*
FROM guard g
CROSS JOIN found f
LEFT JOIN counted m ON true
LEFT JOIN recorded r ON true
LEFT JOIN reference n ON true
LEFT JOIN reading e ON true;
