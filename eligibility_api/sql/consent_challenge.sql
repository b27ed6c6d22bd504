-- Rendered by `make docs` from the parts in the code; do not edit.
-- Parameters: :rights, :client_id, :max_presence_age, :presence_record.
SELECT f.name, CASE
        WHEN f.client_id IS NULL THEN 'client-closed'
        WHEN NOT f.rights @> :rights::text[] THEN 'right-missing'
        WHEN coalesce(p.kind, '') NOT IN ('eligibility.card', 'eligibility.visual-check') THEN 'consent-presence-missing'
        WHEN p.client_id <> :client_id OR p.recorded_at < w.now - :max_presence_age::interval THEN 'consent-presence-too-old'
        END AS refusal
FROM (SELECT window_clock() AS now) w
LEFT JOIN (
    SELECT c.client_id, c.rights, f.institution_code, f.name
    FROM client c JOIN facility f USING (institution_code)
    WHERE c.client_id = :client_id AND c.closed_at IS NULL AND f.closed_at IS NULL
) f ON true
LEFT JOIN LATERAL identified_by(:presence_record, f.institution_code) p ON true;
