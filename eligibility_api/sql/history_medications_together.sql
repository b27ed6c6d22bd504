-- Rendered by `make docs` from the parts in the code; do not edit.
-- Parameters: :client_id, :permit_id, :held_right, :role, :operator, :first_month, :last_month.
WITH request AS MATERIALIZED (
    SELECT * FROM unnest(:client_id::uuid[], :permit_id::uuid[], :held_right::text[], :role::text[], :operator::text[],
        :first_month::date[], :last_month::date[])
        WITH ORDINALITY AS q (client_id, permit_id, held_right, role, operator, first_month, last_month, place)
),
judged AS MATERIALIZED (
    SELECT q.place, q.client_id, q.operator, x.*
    FROM request q
    CROSS JOIN LATERAL (
        WITH
permit_row AS MATERIALIZED (
    SELECT t.client_id, t.institution_code, t.kind AS facility_kind,
           coalesce(q.held_right::text = ANY (t.rights),
               false) AND t.kind = ANY ('{clinic,dental,hospital,pharmacy,visiting-nursing}') AS entitled,
           p.basis, p.person_key, p.matched_entitlements, p.care, p.categories, p.given_at, p.available_from,
           p.operator AS named,
           p.institution_code = t.institution_code AS own, p.until AS until, e.ended_at, e.reason AS end_reason, c.now
    FROM (SELECT window_clock() AS now) c
    LEFT JOIN (
        SELECT c.client_id, c.rights, f.institution_code, f.kind
        FROM client c JOIN facility f USING (institution_code)
        WHERE c.client_id = q.client_id AND c.closed_at IS NULL AND f.closed_at IS NULL
    ) t ON true
    LEFT JOIN permit p ON p.permit_id = q.permit_id AND p.basis IN ('own-access', 'pin', 'visual-check')
    LEFT JOIN permit_end e ON e.permit_id = p.permit_id
),
current_enrolment AS MATERIALIZED (
    SELECT e.entitlement, e.certificate_kind, daterange(e.acquired_on, e.lost_on) AS days,
           e.self_disclosure_blocked OR e.mismatch = 'open' AS protected
    FROM permit_row s JOIN enrolment e ON e.person_key = s.person_key
    JOIN revision o ON o.revision = e.opened_by AND o.published_at <= s.now
    LEFT JOIN revision c ON c.revision = e.closed_by AND c.published_at <= s.now
    WHERE c.revision IS NULL
),
guard AS MATERIALIZED (
    SELECT q.permit_id::uuid AS permit_id, institution_code, facility_kind, basis, person_key, until, now, categories, CASE
        WHEN client_id IS NULL THEN 'client-closed'
        WHEN NOT entitled THEN 'right-missing'
        WHEN basis IS NULL THEN 'consent-missing'
        WHEN NOT own THEN 'consent-other-facility'
        WHEN ended_at IS NOT NULL THEN 'consent-withdrawn'
        WHEN until <= now THEN 'consent-expired'
        WHEN available_from > now THEN 'consent-not-yet'
        WHEN 'medication' <> ALL (categories) THEN 'consent-category'
        WHEN q.role::text <> ALL ('{authorised-staff,dentist,doctor,pharmacist}') THEN 'role-not-permitted'
        WHEN q.role::text = 'authorised-staff' AND NOT EXISTS (
            SELECT FROM facility_operator o
            WHERE o.institution_code = permit_row.institution_code AND o.operator = q.operator::text AND o.medical AND o.ended_at IS NULL
            OFFSET 0
        ) THEN 'staff-not-authorised'
        WHEN matched_entitlements IS NOT NULL
            AND NOT matched_entitlements <@ ARRAY(SELECT entitlement FROM current_enrolment) OR EXISTS (SELECT FROM current_enrolment WHERE protected) THEN 'card-not-usable'
        ELSE 'answered' END AS outcome
    FROM permit_row
),
asked AS MATERIALIZED (
    SELECT g.person_key, g.categories, g.now AS instant, g.now FROM guard g WHERE g.outcome = 'answered'
),
disclosed AS MATERIALIZED (
    SELECT a.* FROM asked a
    WHERE NOT EXISTS (
        SELECT FROM current_enrolment
        WHERE certificate_kind = '07' AND days @> (a.now AT TIME ZONE 'Asia/Tokyo')::date
    )
),
membership AS MATERIALIZED (
    SELECT t.entitlement, t.insurer_number, t.number_key, t.symbol_key, t.birth_date, t.branch_key, h.days, a.instant
    FROM disclosed a CROSS JOIN current_enrolment h
    JOIN entitlement t USING (entitlement)
    WHERE h.certificate_kind <> '07'
),
named AS MATERIALIZED (
    SELECT DISTINCT insurer_number, number_key, symbol_key, birth_date, instant FROM membership
),
rival AS MATERIALIZED (
    SELECT n.insurer_number, n.number_key, n.symbol_key, n.birth_date, t.branch_key,
           daterange(e.acquired_on, e.lost_on) AS days
    FROM asked a
    CROSS JOIN named n
    JOIN entitlement t USING (insurer_number, number_key, symbol_key, birth_date)
    JOIN enrolment e USING (entitlement)
    JOIN revision o ON o.revision = e.opened_by AND o.published_at <= a.now
    LEFT JOIN revision c ON c.revision = e.closed_by AND c.published_at <= a.now
    WHERE c.revision IS NULL AND e.person_key IS DISTINCT FROM a.person_key
),
reading AS MATERIALIZED (
    SELECT r.claim AS number, 'claim' AS origin, greatest(r.due_at, f.known_from) AS shown_from, r.identity,
           r.institution_code AS institution, r.setting, r.treatment_month AS month, r.claim_month,
           r.content::text,
           NULL::date AS prescribed_on, NULL::date AS dispensed_on, f.reader_version
    FROM named n
    JOIN claim r USING (insurer_number, number_key, symbol_key, birth_date)
    JOIN claim_file f ON f.file_id = r.file_id AND f.known_from <= n.instant AND (f.replaced_from > n.instant) IS NOT FALSE
    WHERE r.due_at <= n.instant AND r.treatment_month BETWEEN q.first_month AND q.last_month
      AND EXISTS (
        SELECT FROM membership m
        WHERE m.insurer_number = r.insurer_number AND m.number_key = r.number_key AND m.symbol_key = r.symbol_key AND m.birth_date = r.birth_date AND m.days && daterange(r.treatment_month,
            (r.treatment_month + interval '1 month')::date) AND (m.branch_key = r.branch_key OR m.branch_key = '' OR r.branch_key = '')
          AND ((m.branch_key = r.branch_key AND m.branch_key <> '') OR NOT EXISTS (SELECT FROM rival v WHERE v.insurer_number = r.insurer_number AND v.number_key = r.number_key AND v.symbol_key = r.symbol_key AND v.birth_date = r.birth_date AND v.days && daterange(r.treatment_month,
              (r.treatment_month + interval '1 month')::date) AND (v.branch_key = r.branch_key OR v.branch_key = '' OR r.branch_key = '')))
    )
 UNION ALL
    SELECT p.entry, p.origin, p.known_from, '', p.institution_code,
           CASE f.kind WHEN 'clinic' THEN 'outpatient' WHEN 'hospital' THEN 'outpatient' WHEN 'dental' THEN 'outpatient' WHEN 'pharmacy' THEN 'pharmacy' WHEN 'visiting-nursing' THEN 'outpatient' WHEN 'eligibility-only' THEN 'outpatient' END,
           date_trunc('month', coalesce(p.dispensed_on, p.prescribed_on))::date, NULL, p.content::text,
           p.prescribed_on, p.dispensed_on, NULL::smallint
    FROM disclosed a
    JOIN prescription_entry p ON p.person_key = a.person_key AND p.known_from <= a.instant
    JOIN facility f ON f.institution_code = p.institution_code
    WHERE 'prescription' = ANY (a.categories)
      -- A patient who was identified by number may have turned out to be another person since.
      AND (p.matched_entitlements IS NULL OR p.matched_entitlements <@ ARRAY(SELECT m.entitlement FROM membership m))
      AND (p.known_from AT TIME ZONE 'Asia/Tokyo')::date + 100 >= (a.instant AT TIME ZONE 'Asia/Tokyo')::date
)
        SELECT access.*, read.*
        FROM (
            SELECT g.outcome, g.institution_code, g.facility_kind, g.person_key, jsonb_strip_nulls(jsonb_build_object('permit',
                permit_id, 'basis', basis, 'category', 'medication', 'role', q.role::text
                                                , 'months', jsonb_build_array(q.first_month::date, q.last_month::date),
                                                    'receipts',
                                                    (SELECT jsonb_agg(number ORDER BY number) FROM reading WHERE origin = 'claim'),
                                                    'entries',
                                                    (SELECT jsonb_agg(number ORDER BY number) FROM reading WHERE origin <> 'claim'))) AS detail,
                                                    g.until, g.now,
                   (SELECT max(load) FROM drug_load) AS drug_load
            FROM guard g
        ) access
        -- One row of the access check, and separate rows for what was read: nothing is repeated.
        FULL JOIN reading read ON false
    ) x
),
inserted AS (
    INSERT INTO audit_record (kind, outcome, client_id, institution_code, facility_kind, operator, person_key, detail)
    SELECT 'history.medications', outcome, client_id, institution_code, facility_kind, operator, person_key, detail
    FROM judged
    WHERE outcome IS NOT NULL
    ORDER BY place
    RETURNING record_id, recorded_at, client_id
)
SELECT j.place, j.outcome, i.record_id, i.recorded_at, j.until, j.now, j.now AS instant, j.drug_load,
       j.number, j.origin, j.shown_from, j.identity, j.institution, j.setting, j.month, j.claim_month, j.content, j.prescribed_on,
           j.dispensed_on, j.reader_version
FROM judged j
LEFT JOIN inserted i ON i.client_id = j.client_id AND j.outcome IS NOT NULL;
