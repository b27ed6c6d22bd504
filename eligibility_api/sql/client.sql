-- Rendered by `make docs` from the parts in the code; do not edit.
-- Parameters: :client_id.
SELECT c.client_id, c.institution_code, c.insurer_number, c.rights, c.public_key, c.next_public_key, c.certificates
FROM client c LEFT JOIN facility f USING (institution_code)
WHERE c.client_id = :client_id AND c.closed_at IS NULL AND f.closed_at IS NULL;
