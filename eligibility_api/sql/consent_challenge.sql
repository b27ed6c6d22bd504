-- Rendered by `make docs` from the parts in the code; do not edit.
-- Parameters: none.
SELECT f.name, CASE
        WHEN f.client_id IS NULL THEN 'client-closed'
        WHEN NOT f.rights @> $2::text[] THEN 'right-missing'
        WHEN coalesce(p.kind, '') NOT IN ('eligibility.card', 'eligibility.visual-check') THEN 'consent-presence-missing'
        WHEN p.client_id <> $1 OR p.recorded_at < w.now - $4::interval THEN 'consent-presence-too-old'
        END AS refusal
FROM (SELECT window_clock() AS now) w
LEFT JOIN (
    SELECT c.client_id, c.rights, f.institution_code, f.name
    FROM client c JOIN facility f USING (institution_code)
    WHERE c.client_id = $1 AND c.closed_at IS NULL AND f.closed_at IS NULL
) f ON true
LEFT JOIN LATERAL identified_by($3, f.institution_code) p ON true;
