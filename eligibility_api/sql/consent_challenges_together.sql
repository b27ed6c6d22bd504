-- Rendered by `make docs` from the parts in the code; do not edit.
-- Parameters: :rights, :max_presence_age, :client_id, :presence_record.
SELECT a.place, f.name, CASE
        WHEN f.client_id IS NULL THEN 'client-closed'
        WHEN NOT f.rights @> :rights::text[] THEN 'right-missing'
        WHEN coalesce(p.kind, '') NOT IN ('eligibility.card', 'eligibility.visual-check') THEN 'consent-presence-missing'
        WHEN p.client_id <> a.client_id OR p.recorded_at < w.now - :max_presence_age::interval THEN 'consent-presence-too-old'
        END AS refusal
FROM unnest(:client_id::uuid[], :presence_record::uuid[]) WITH ORDINALITY AS a (client_id, presence_record, place)
CROSS JOIN (SELECT window_clock() AS now OFFSET 0) w
LEFT JOIN LATERAL (
    SELECT c.client_id, c.rights, f.institution_code, f.name
    FROM client c JOIN facility f USING (institution_code)
    WHERE c.client_id = a.client_id AND c.closed_at IS NULL AND f.closed_at IS NULL
) f ON true
LEFT JOIN LATERAL identified_by(a.presence_record, f.institution_code) p ON true;
