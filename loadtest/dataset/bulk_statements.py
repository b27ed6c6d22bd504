"""The SQL of the bulk load.

What it inserts is what a published member file, J-LIS's matching, the confirmation of those who are spelled otherwise
and a first registration leave.

`BulkPopulation` computes the same attributes in Python; the two are compared in the tests.
"""

from __future__ import annotations

from loadtest.dataset import bulk_population as population

SESSION_SETTINGS = """
SET LOCAL lock_timeout = 0;
SET LOCAL statement_timeout = 0;
SET LOCAL maintenance_work_mem = '1GB';
SET LOCAL max_parallel_maintenance_workers = 2;
"""

FOREIGN_KEYS = """
SELECT conrelid::regclass::text AS of_table, conname AS name, pg_get_constraintdef(oid) AS definition
FROM pg_constraint WHERE contype = 'f' AND conrelid = ANY ($1::text[]::regclass[]) ORDER BY conname
"""
UNIQUE_CONSTRAINTS = """
SELECT conrelid::regclass::text AS of_table, conname AS name, pg_get_constraintdef(oid) AS definition
FROM pg_constraint c
WHERE contype IN ('p', 'u', 'x') AND conrelid = ANY ($1::text[]::regclass[])
  AND NOT EXISTS (SELECT FROM pg_constraint f WHERE f.contype = 'f' AND f.conindid = c.conindid)
ORDER BY contype, conname
"""
"""Without those that foreign keys of other tables refer to: these stay."""

INDEXES = """
SELECT indexrelid::regclass::text AS name, pg_get_indexdef(indexrelid) AS definition
FROM pg_index i
WHERE indrelid = ANY ($1::text[]::regclass[]) AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.indexrelid)
ORDER BY 1
"""

INSERT_INSURERS = """
WITH numbers AS (SELECT * FROM unnest($1::text[], $2::text[]) AS n (insurer_number, name)),
made AS (INSERT INTO insurer SELECT * FROM numbers RETURNING insurer_number),
admitted AS (
    INSERT INTO client (client_id, insurer_number, public_key, rights)
    SELECT gen_random_uuid(), insurer_number, '{}', '{enrolment}' FROM made
    RETURNING client_id, insurer_number
)
INSERT INTO revision (insurer_number, client_id, kind, published_at)
SELECT insurer_number, client_id, 'file', now() FROM admitted
"""
"""Each with a client whose private key does not exist, and one published file."""

CREATE_REGISTERED = (
    "CREATE TEMPORARY TABLE registered (n bigint PRIMARY KEY, person_key bytea NOT NULL) ON COMMIT DROP"
)

CREATE_PEOPLE = f"""
CREATE TEMPORARY VIEW people AS
SELECT n, elderly, born, hash, coalesce(person_key, substr(hash, 1, 16)) AS person_key,
       NOT elderly AND n % {population.CHANGED_OF} < {population.CHANGED} AND born < date '{population.BEFORE_FROM}' AS had_another,
       CASE WHEN elderly THEN late_elderly[1 + n % cardinality(late_elderly)]
            ELSE societies[1 + n % cardinality(societies)] END AS present,
       societies[1 + (n + 1) % cardinality(societies)] AS former
FROM (
    SELECT n, n % {population.ELDERLY_EVERY} = 0 AS elderly, sha256(int8send(n)) AS hash,
           CASE WHEN n % {population.ELDERLY_EVERY} = 0 THEN date '{population.ELDERLY_BORN}' + (n * {population.STRIDE} % {population.ELDERLY_DAYS})::int
                ELSE date '{population.YOUNGER_BORN}' + (n * {population.STRIDE} % {population.YOUNGER_DAYS})::int END AS born
    FROM generate_series(current_setting('bulk.first')::bigint, current_setting('bulk.last')::bigint) AS n
) numbered
LEFT JOIN registered USING (n)
CROSS JOIN (
    SELECT string_to_array(current_setting('bulk.societies'), ',') AS societies,
           string_to_array(current_setting('bulk.late_elderly'), ',') AS late_elderly
) insurers
"""  # noqa: S608 - our own constants
"""The people by number, equal to `BulkPopulation`. People who are not in the register have an arbitrary
person key.
"""

INSERT_ENTITLEMENTS = f"""
INSERT INTO entitlement (entitlement, insurer_number, symbol_key, number_key, branch_key, birth_date)
OVERRIDING SYSTEM VALUE
SELECT $1 + 2 * n + which, CASE which WHEN 0 THEN present ELSE former END, '{population.SYMBOL}', n::text,
       CASE WHEN elderly THEN '' ELSE '{population.BRANCH}' END, born
FROM people CROSS JOIN generate_series(0, 1) AS which
WHERE which = 0 OR had_another
"""  # noqa: S608

_CHARACTER = f"""
CASE WHEN n % {2 * population.WRITTEN_EVERY} = 0 THEN '{population.ORDINARY}'
     WHEN n % {population.WRITTEN_EVERY} = 0 THEN '{population.MISSING}'
     WHEN n % {population.RARE_EVERY} = 0 THEN '{population.RARE}' ELSE '見' END
"""

_DIFFERENCES = f"""
CASE WHEN n % {2 * population.WRITTEN_EVERY} = 0 THEN '[{{"item": "name", "kind": "character"}}]'::jsonb
     WHEN n % {population.WRITTEN_EVERY} = 0 THEN '[{{"item": "name", "kind": "missing"}}]' ELSE '[]' END
|| CASE WHEN n % {population.SHORT_EVERY} = 0 THEN '[{{"item": "address", "kind": "address"}}]'::jsonb ELSE '[]' END
"""

INSERT_ENROLMENTS = f"""
INSERT INTO enrolment (entitlement, opened_by, person_key, register_match, mismatch, differences, insurer_name, certificate_kind, symbol, number,
                       branch, relationship, name, name_kana, sex, birth_date, postal_code, address, acquired_on, lost_on,
                       reason_of_loss, digest)
SELECT $1 + 2 * n + which, r.revision, p.person_key, CASE WHEN d.differences = '[]' THEN 'one' ELSE 'variant' END,
       CASE WHEN d.differences = '[]' THEN 'none' ELSE 'confirmed' END, nullif(d.differences, '[]'), i.name, '01', '{population.SYMBOL}', n::text,
       CASE WHEN NOT elderly THEN '{population.BRANCH}' END, '1',
       '試験　' || {_CHARACTER} || '本' || n, 'シケン　ミホン', CASE WHEN n % 2 = 1 THEN '1' ELSE '2' END, born, '000-0000',
       '架空県見本市' || CASE WHEN n % {population.SHORT_EVERY} = 0 THEN '1-' || n ELSE '１丁目' || n || '番' END,
       CASE which WHEN 0 THEN greatest(born, date '{population.CHANGED_ON}') ELSE date '{population.BEFORE_FROM}' END,
       CASE which WHEN 1 THEN date '{population.CHANGED_ON}' END, CASE which WHEN 1 THEN '03' END, substr(hash, 17)
FROM people p CROSS JOIN generate_series(0, 1) AS which
CROSS JOIN LATERAL (SELECT {_DIFFERENCES} AS differences) d
JOIN insurer i ON i.insurer_number = CASE which WHEN 0 THEN present ELSE former END
JOIN revision r ON r.insurer_number = i.insurer_number
WHERE which = 0 OR had_another
"""  # noqa: S608

INSERT_BINDINGS = """
INSERT INTO binding (authority, serial, person_key, basis, carrier, record_id)
SELECT $1, '\\x01' || substr(hash, 17, 7), person_key, 'first-registration', 'card', uuidv7() FROM people
"""
"""A bound certificate for each person: its serial number has eight bytes, which no issued certificate has."""

SET_CHUNK = "SELECT set_config('bulk.first', $1, true), set_config('bulk.last', $2, true)"
SET_INSURERS = "SELECT set_config('bulk.societies', $1, true), set_config('bulk.late_elderly', $2, true)"
LAST_ENTITLEMENT = "SELECT coalesce(max(entitlement), 0) FROM entitlement"
SET_SEQUENCE = "SELECT setval(pg_get_serial_sequence('entitlement', 'entitlement'), $1)"

MEMBERSHIP_EXISTS = """
SELECT EXISTS (
    SELECT FROM entitlement WHERE insurer_number = $1 AND symbol_key = $2 AND number_key = $3 AND branch_key = coalesce($4, '')
      AND birth_date = $5
)
"""
