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
        WHEN 'health-checkup' <> ALL (categories) THEN 'consent-category'
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
    SELECT c.checkup AS number, '' AS origin, c.insurer_number, c.examined_on, c.known_from AS shown_from, c.items
    FROM named n
    JOIN health_checkup c USING (insurer_number, number_key, symbol_key, birth_date)
    WHERE c.known_from <= n.instant AND date_trunc('month', c.examined_on)::date BETWEEN q.first_month AND q.last_month
      AND EXISTS (
        SELECT FROM membership m
        WHERE m.insurer_number = c.insurer_number AND m.number_key = c.number_key AND m.symbol_key = c.symbol_key AND m.birth_date = c.birth_date AND m.days && daterange(date_trunc('month',
            c.examined_on)::date, (date_trunc('month',
            c.examined_on)::date + interval '1 month')::date) AND (m.branch_key = c.branch_key OR m.branch_key = '' OR c.branch_key = '')
          AND ((m.branch_key = c.branch_key AND m.branch_key <> '') OR NOT EXISTS (SELECT FROM rival v WHERE v.insurer_number = c.insurer_number AND v.number_key = c.number_key AND v.symbol_key = c.symbol_key AND v.birth_date = c.birth_date AND v.days && daterange(date_trunc('month',
              c.examined_on)::date, (date_trunc('month',
              c.examined_on)::date + interval '1 month')::date) AND (v.branch_key = c.branch_key OR v.branch_key = '' OR c.branch_key = '')))
    )
)
        SELECT access.*, read.*
        FROM (
            SELECT g.outcome, g.institution_code, g.facility_kind, g.person_key, jsonb_strip_nulls(jsonb_build_object('permit',
                permit_id, 'basis', basis, 'category', 'health-checkup', 'role', q.role::text
                                                , 'months', jsonb_build_array(q.first_month::date, q.last_month::date),
                                                    'checkups',
                                                    (SELECT jsonb_agg(number ORDER BY number) FROM reading WHERE true))) AS detail,
                                                    g.until, g.now,
                   NULL::bigint AS drug_load
            FROM guard g
        ) access
        -- One row of the access check, and separate rows for what was read: nothing is repeated.
        FULL JOIN reading read ON false
    ) x
),
inserted AS (
    INSERT INTO audit_record (kind, outcome, client_id, institution_code, facility_kind, operator, person_key, detail)
    SELECT 'history.health-checkups', outcome, client_id, institution_code, facility_kind, operator, person_key, detail
    FROM judged
    WHERE outcome IS NOT NULL
    ORDER BY place
    RETURNING record_id, recorded_at, client_id
)
SELECT j.place, j.outcome, i.record_id, i.recorded_at, j.until, j.now, j.now AS instant, j.drug_load,
       j.number, j.origin, j.insurer_number, j.examined_on, j.shown_from, j.items
FROM judged j
LEFT JOIN inserted i ON i.client_id = j.client_id AND j.outcome IS NOT NULL;
