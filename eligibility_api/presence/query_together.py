"""The proof query for a group: what `query.py` does for one proof, for each of many in one statement.

A statement begins with a CTE `asked`, one row for each request with its place, proof, and own values. `guard`
checks each as `PROOF_CHECK` does, but by the database alone: a proof that needs OCSP or J-LIS goes alone
(`GOES_ALONE`), and nothing of it is used before. `spent` has the requests whose proof is spent by this
statement.
"""

from __future__ import annotations

PROOF_ARRAYS = (
    ":expires_at::timestamptz[], :nonce::bytea[], :client_id::uuid[], :authority::bytea[], :serial::bytea[]"
)
PROOF_COLUMNS = "expires_at, nonce, client_id, authority, serial"
"""The values of `VerifiedProof` that differ between requests, for `unnest`, and their names in `asked`."""

PROOF_CHECKS = """
-- Is the challenge in time by the database's clock, is the terminal admitted, what is the certificate's status, and to
-- whom is it bound. `missing` is what another source must supply.
guard AS MATERIALIZED (
    SELECT c.*, CASE
        WHEN revocation_status IS NULL THEN 'revocation_status'
        WHEN revocation_status = 'good' AND {holder_missing} THEN 'holder' END AS missing
    FROM (
        SELECT q.*,
               now() < q.expires_at AS in_time,
               t.client_id IS NOT NULL AS admitted,
               coalesce(t.rights @> :rights::text[], false) AS entitled,
               t.institution_code,
               t.kind AS facility_kind,
               CASE WHEN a.authority IS NOT NULL THEN coalesce(r.status, 'good') END AS revocation_status,
               'crl ' || a.crl_number::text AS evidence,
               b.person_key,
               CASE WHEN {carrier_matters}
                   THEN (SELECT k.carrier FROM binding k WHERE k.authority = q.authority AND k.serial = q.serial) END AS carrier
        FROM asked q
        LEFT JOIN LATERAL (
            SELECT c.client_id, c.rights, f.institution_code, f.kind
            FROM client c JOIN facility f USING (institution_code)
            WHERE c.client_id = q.client_id AND c.closed_at IS NULL AND f.closed_at IS NULL
        ) t ON true
        -- The mirror counts only while it is fresh, and of an expired certificate only if its list keeps those.
        LEFT JOIN authority a
            ON a.authority = q.authority AND a.checked_at > now() - :max_age::interval AND a.next_update > now()
           AND {list_covers}
        LEFT JOIN revoked_certificate r ON r.authority = q.authority AND r.serial = q.serial
        LEFT JOIN binding b ON b.authority = q.authority AND b.serial = q.serial AND coalesce(b.ends_at > now(), true)
        OFFSET 0
    ) c
),
"""
"""The CTE `guard`; see `query.PROOF_CHECK`. `list_covers` and `carrier_matters` are conditions over `asked q`."""

SPEND_NONCES = """
-- Of several requests with one proof the first spends it, unless it was spent before.
spendable AS MATERIALIZED (
    SELECT place, expires_at, nonce, row_number() OVER (PARTITION BY expires_at, nonce ORDER BY place) AS nth
    FROM guard
    WHERE in_time AND admitted AND entitled AND missing IS NULL
),
-- In the order of keys, so that no two statements can deadlock.
spent_now AS (
    INSERT INTO used_nonce (expires_at, id)
    SELECT expires_at, nonce FROM spendable WHERE nth = 1 ORDER BY expires_at, nonce
    ON CONFLICT DO NOTHING
    RETURNING expires_at, id
),
spent AS MATERIALIZED (
    SELECT g.*
    FROM spent_now n
    JOIN spendable s ON s.expires_at = n.expires_at AND s.nonce = n.id AND s.nth = 1
    JOIN guard g ON g.place = s.place
),
"""
"""The CTE `spent`: the rows of `guard` whose proof this statement spends."""

CHECKED = """
       g.place,
       g.in_time AND g.admitted AND g.entitled AND g.missing IS NOT NULL AS goes_alone,
       g.in_time, g.admitted, g.entitled, g.missing, g.revocation_status, g.person_key, g.facility_kind, g.carrier,
       r.place IS NOT NULL AS spent, r.record_id, r.recorded_at, r.outcome, true AS within_limit
"""
"""The columns of `guard g LEFT JOIN recorded r` that `ProofCheck.of` reads."""
