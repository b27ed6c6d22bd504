-- Rendered by `make docs` from the parts in the code; do not edit.
-- Parameters: :client_id, :insurer_number, :number_key, :symbol_key, :birth_date, :first_branch, :last_branch, :as_of, :consents,
--   :known_version, :right, :terminal_limit, :facility_limit, :kind.
WITH asked AS MATERIALIZED (
    SELECT *
    FROM unnest(:client_id::uuid[], :insurer_number::text[], :number_key::text[], :symbol_key::text[], :birth_date::date[],
                :first_branch::text[], :last_branch::text[], :as_of::date[], :consents::text[], :known_version::text[])
        WITH ORDINALITY AS a (client_id, insurer_number, number_key, symbol_key, birth_date, first_branch, last_branch,
                              as_of, consents, known_version, place)
),
-- Whether each terminal may look up, and the misses that it and its facility have left in the hour.
guard AS MATERIALIZED (
    SELECT a.*,
           t.client_id IS NOT NULL AS admitted,
           coalesce(:right::text = ANY (t.rights), false) AS entitled,
           t.institution_code,
           t.kind AS facility_kind,
           :terminal_limit::integer - m.of_terminal AS left_of_terminal,
           :facility_limit::integer - m.of_facility AS left_of_facility
    FROM asked a
    LEFT JOIN LATERAL (
        SELECT c.client_id, c.rights, f.institution_code, f.kind
        FROM client c JOIN facility f USING (institution_code)
        WHERE c.client_id = a.client_id AND c.closed_at IS NULL AND f.closed_at IS NULL
    ) t ON true
    CROSS JOIN LATERAL (
        SELECT coalesce((SELECT misses FROM number_miss WHERE institution_code = t.institution_code AND client_id = a.client_id
                         AND hour = date_trunc('hour', now())), 0) AS of_terminal,
               coalesce((SELECT misses FROM facility_number_miss WHERE institution_code = t.institution_code
                         AND hour = date_trunc('hour', now())), 0) AS of_facility
    ) m
),
-- The entitlements that match, the persons that they belong to, and the versions that belong to nobody yet.
found AS MATERIALIZED (
    SELECT g.*, least(left_of_terminal, left_of_facility) AS misses_left,
           coalesce(f.matched, '{}') AS matched, f.person_key, f.persons, f.unlinked
    FROM guard g
    CROSS JOIN LATERAL (
        SELECT array_agg(DISTINCT e.entitlement) AS matched,
               CASE WHEN count(DISTINCT coalesce(e.person_key, int8send(e.entitlement))) = 1 THEN min(e.person_key) END
                   AS person_key,
               array_agg(DISTINCT e.person_key) FILTER (WHERE e.person_key IS NOT NULL) AS persons,
               array_agg(e.version) FILTER (WHERE e.person_key IS NULL) AS unlinked
        FROM (
            SELECT t.entitlement
            FROM entitlement t
            WHERE g.admitted AND g.entitled AND least(g.left_of_terminal, g.left_of_facility) > 0
              AND t.insurer_number = g.insurer_number AND t.number_key = g.number_key AND t.symbol_key = g.symbol_key
              AND (t.birth_date, t.branch_key) BETWEEN (g.birth_date, g.first_branch) AND (g.birth_date, g.last_branch)
            OFFSET 0
        ) t
        JOIN enrolment e USING (entitlement)
        JOIN revision o ON o.revision = e.opened_by AND o.published_at <= now()
    LEFT JOIN revision c ON c.revision = e.closed_by AND c.published_at <= now()
        WHERE c.revision IS NULL
    ) f
),
-- In order of arrival: who is within the terminal's limit, and of these, who is within the facility's.
within_terminal AS MATERIALIZED (
    SELECT f.*, matched = '{}' AS missed,
           admitted AND entitled AND misses_left > 0
           AND count(*) FILTER (WHERE matched = '{}') OVER earlier < left_of_terminal AS in_limit
    FROM found f
    WINDOW earlier AS (PARTITION BY client_id ORDER BY place ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
),
judged AS MATERIALIZED (
    SELECT w.*, in_limit AND count(*) FILTER (WHERE in_limit AND missed) OVER earlier < left_of_facility AS allowed
    FROM within_terminal w
    WINDOW earlier AS (PARTITION BY institution_code ORDER BY place ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
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
    FROM judged g
    CROSS JOIN LATERAL (
        SELECT e.* FROM unnest(g.unlinked) AS u (version) JOIN enrolment e USING (version)
        UNION ALL
        SELECT e.*
        FROM unnest(g.persons) AS p (person_key) JOIN enrolment e USING (person_key)
        JOIN revision o ON o.revision = e.opened_by AND o.published_at <= now()
    LEFT JOIN revision c ON c.revision = e.closed_by AND c.published_at <= now()
        WHERE c.revision IS NULL
    ) e
    JOIN revision o ON o.revision = e.opened_by
    WHERE g.allowed
),
-- Misses are counted as far as the limits still allow: look-ups of other workers may have used them up meanwhile.
-- Rows are locked in the order of their keys, terminals before facilities, so that no two statements can deadlock.
missed AS MATERIALIZED (
    SELECT place, institution_code, client_id, row_number() OVER (PARTITION BY client_id ORDER BY place) AS nth
    FROM judged
    WHERE allowed AND missed
),
counted_of_terminals AS (
    INSERT INTO number_miss AS m (institution_code, client_id, hour, misses, streak, missed_at)
    SELECT institution_code, client_id, date_trunc('hour', now()), count(*), count(*), now()
    FROM missed
    GROUP BY institution_code, client_id
    ORDER BY institution_code, client_id
    ON CONFLICT (institution_code, client_id) DO UPDATE SET
        misses = CASE WHEN m.hour = excluded.hour THEN least(m.misses + excluded.misses, :terminal_limit)
                      ELSE excluded.misses END,
        streak = CASE WHEN m.hour = excluded.hour THEN least(excluded.misses, :terminal_limit - m.misses)
                      ELSE excluded.misses END
               + CASE WHEN m.missed_at > now() - interval '60 seconds' THEN m.streak ELSE 0 END,
        hour = excluded.hour,
        missed_at = excluded.missed_at
    WHERE m.hour <> excluded.hour OR m.misses < :terminal_limit
    RETURNING client_id, streak, new.misses - CASE WHEN old.hour = new.hour THEN old.misses ELSE 0 END AS counted
),
counted_of_terminal AS MATERIALIZED (
    SELECT m.place, m.institution_code, t.streak - t.counted + m.nth AS streak,
           row_number() OVER (PARTITION BY m.institution_code ORDER BY m.place) AS nth
    FROM missed m JOIN counted_of_terminals t ON t.client_id = m.client_id AND m.nth <= t.counted
),
counted_of_facilities AS (
    INSERT INTO facility_number_miss AS f (institution_code, hour, misses)
    SELECT institution_code, date_trunc('hour', now()), count(*)
    FROM counted_of_terminal
    GROUP BY institution_code
    ORDER BY institution_code
    ON CONFLICT (institution_code) DO UPDATE SET
        misses = CASE WHEN f.hour = excluded.hour THEN least(f.misses + excluded.misses, :facility_limit)
                      ELSE excluded.misses END,
        hour = excluded.hour
    WHERE f.hour <> excluded.hour OR f.misses < :facility_limit
    RETURNING institution_code, new.misses - CASE WHEN old.hour = new.hour THEN old.misses ELSE 0 END AS counted
),
counted AS MATERIALIZED (
    SELECT t.place, t.streak
    FROM counted_of_terminal t
    JOIN counted_of_facilities f ON f.institution_code = t.institution_code AND t.nth <= f.counted
),
inserted AS (
    INSERT INTO audit_record (kind, outcome, client_id, institution_code, facility_kind, person_key, as_of, enrolments,
                              matched_entitlements, tickets, consents, rule_version, known_version, detail)
    SELECT :kind, 'answered', g.client_id, g.institution_code, g.facility_kind, g.person_key, g.as_of,
        (SELECT coalesce(array_agg(version ORDER BY version), '{}') FROM reading WHERE read_for = g.place),
           g.matched, (SELECT array_agg((k ->> 'version')::bigint) FROM reading, jsonb_array_elements(tickets) AS k
            WHERE read_for = g.place), string_to_array(g.consents, ','), 3, g.known_version,
           jsonb_build_object('asked_insurer', g.insurer_number)
    FROM judged g
    WHERE g.allowed
    ORDER BY g.place
    RETURNING record_id, recorded_at, outcome
),
-- The nth record is the nth request's: the ids ascend in the order of insertion.
recorded AS MATERIALIZED (
    SELECT p.place, r.record_id, r.recorded_at, r.outcome
    FROM (SELECT place, row_number() OVER (ORDER BY place) AS nth FROM judged WHERE allowed) p
    JOIN (SELECT i.*, row_number() OVER (ORDER BY record_id) AS nth FROM inserted i) r ON r.nth = p.nth
)
SELECT g.place, g.admitted, g.entitled, g.facility_kind, g.misses_left,
       coalesce(misses_left > 0 AND NOT (allowed AND (NOT missed OR m.place IS NOT NULL)), false) AS over_limit,
       m.streak, r.record_id, r.recorded_at, r.outcome, g.matched AS asked, g.person_key, n.reference_number, e.*
FROM judged g
LEFT JOIN counted m ON m.place = g.place
LEFT JOIN recorded r ON r.place = g.place
LEFT JOIN LATERAL (
    SELECT n.reference_number
    FROM reading v JOIN reference_number n ON n.institution_code = g.institution_code AND n.entitlement = v.entitlement
    WHERE v.read_for = g.place AND v.mismatch <> 'open'
    ORDER BY n.registered_at DESC
    LIMIT 1
) n ON true
LEFT JOIN reading e ON e.read_for = g.place;
