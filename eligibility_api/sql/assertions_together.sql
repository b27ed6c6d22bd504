-- Rendered by `make docs` from the parts in the code; do not edit.
-- Parameters: :digest.
WITH asked AS MATERIALIZED (
    SELECT digest, place, row_number() OVER (PARTITION BY digest ORDER BY place) AS nth
    FROM unnest(:digest::bytea[]) WITH ORDINALITY AS a (digest, place)
),
-- In the order of keys, so that no two statements can deadlock.
used AS (
    INSERT INTO used_nonce (expires_at, id)
    SELECT date_trunc('hour', now()) + ends * interval '1 hour', digest FROM asked CROSS JOIN generate_series(1, 2) ends
    WHERE nth = 1
    ORDER BY ends, digest
    ON CONFLICT DO NOTHING RETURNING id
)
SELECT a.place, true AS done FROM used u JOIN asked a ON a.digest = u.id AND a.nth = 1;
