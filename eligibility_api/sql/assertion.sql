-- Rendered by `make docs` from the parts in the code; do not edit.
-- Parameters: :digest.
INSERT INTO used_nonce (expires_at, id)
SELECT date_trunc('hour', now()) + ends * interval '1 hour', :digest FROM generate_series(1, 2) ends
ON CONFLICT DO NOTHING RETURNING true AS done;
