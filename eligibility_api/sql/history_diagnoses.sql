-- Rendered by `make docs` from the parts in the code; do not edit.
-- Parameters: :held_right, :client_id, :permit_id, :role, :operator, :first_month, :last_month.
WITH
permit_row AS MATERIALIZED (
    SELECT t.client_id, t.institution_code, t.kind AS facility_kind,
           coalesce(:held_right::text = ANY (t.rights),
               false) AND t.kind = ANY ('{clinic,dental,hospital,pharmacy,visiting-nursing}') AS entitled,
           p.basis, p.person_key, p.matched_entitlements, p.care, p.categories, p.given_at, p.available_from,
           p.operator AS named,
           p.institution_code = t.institution_code AS own, p.until AS until, e.ended_at, e.reason AS end_reason, c.now
    FROM (SELECT window_clock() AS now) c
    LEFT JOIN (
        SELECT c.client_id, c.rights, f.institution_code, f.kind
        FROM client c JOIN facility f USING (institution_code)
        WHERE c.client_id = :client_id AND c.closed_at IS NULL AND f.closed_at IS NULL
    ) t ON true
    LEFT JOIN permit p ON p.permit_id = :permit_id AND p.basis IN ('own-access', 'pin', 'visual-check')
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
    SELECT :permit_id::uuid AS permit_id, institution_code, facility_kind, basis, person_key, until, now, categories, CASE
        WHEN client_id IS NULL THEN 'client-closed'
        WHEN NOT entitled THEN 'right-missing'
        WHEN basis IS NULL THEN 'consent-missing'
        WHEN NOT own THEN 'consent-other-facility'
        WHEN ended_at IS NOT NULL THEN 'consent-withdrawn'
        WHEN until <= now THEN 'consent-expired'
        WHEN available_from > now THEN 'consent-not-yet'
        WHEN 'diagnosis' <> ALL (categories) THEN 'consent-category'
        WHEN :role::text <> ALL ('{authorised-staff,dentist,doctor,pharmacist}') THEN 'role-not-permitted'
        WHEN :role::text = 'authorised-staff' AND NOT EXISTS (
            SELECT FROM facility_operator o
            WHERE o.institution_code = permit_row.institution_code AND o.operator = :operator::text AND o.medical AND o.ended_at IS NULL
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
reading AS MATERIALIZED (SELECT NULL::bigint AS number WHERE false),
recorded AS (
    INSERT INTO audit_record (kind, outcome, client_id, institution_code, facility_kind, operator, person_key, detail)
    SELECT 'history.diagnoses', outcome, :client_id, institution_code, facility_kind, :operator::text, person_key,
           jsonb_strip_nulls(jsonb_build_object('permit', permit_id, 'basis', basis, 'category', 'diagnosis', 'role', :role::text
                                                , 'months', jsonb_build_array(:first_month::date, :last_month::date)))
    FROM guard
    RETURNING record_id, recorded_at, outcome
)
SELECT access.*, x.*
FROM (
    SELECT r.outcome, r.record_id, r.recorded_at, g.until, g.now, g.now AS instant,
           NULL::bigint AS drug_load
    FROM guard g CROSS JOIN recorded r
) access
-- One row of the access check and its record, and separate rows for what was read: nothing is repeated.
FULL JOIN reading x ON false;
