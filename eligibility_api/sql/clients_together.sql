-- Rendered by `make docs` from the parts in the code; do not edit.
-- Parameters: :client_id.
SELECT a.place, c.client_id, c.institution_code, c.insurer_number, c.rights, c.public_key, c.next_public_key, c.certificates
FROM unnest(:client_id::uuid[]) WITH ORDINALITY AS a (client_id, place)
JOIN client c ON c.client_id = a.client_id AND c.closed_at IS NULL
LEFT JOIN facility f USING (institution_code)
WHERE f.closed_at IS NULL;
