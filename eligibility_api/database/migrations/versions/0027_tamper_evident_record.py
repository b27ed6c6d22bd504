"""Make the audit record tamper-evident: salts, partitions by class and month, refused changes, and the log's tables.

A new record goes to the partition of its class and month. Existing ones stay in `audit_record_former`, a partition of
its own, until `audit_salt_records` has moved each to its place; the sequencer does so in chunks, while the fund serves
(docs/decisions/020-the-audit-log-follows-commits.md).
"""

from alembic import op

from eligibility_api.database.migrations.audit_log_0027 import FUNCTIONS, RIGHTS, TABLES
from eligibility_api.database.migrations.script import statements

revision = "0027"
down_revision = "0026"

# The class follows from the kind, and is nobody's to choose. A record without a salt is one of before this revision.
CLASSES = """
CREATE OR REPLACE FUNCTION audit_class(kind text, salt bytea) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE
        WHEN salt IS NULL THEN 'former'
        WHEN split_part(kind, '.', 1) IN ('history', 'prescription', 'dispensing', 'duplicates', 'claims', 'checkups') THEN 'medical'
        ELSE 'eligibility'
    END
$$;
REVOKE ALL ON FUNCTION audit_class(text, bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION audit_class(text, bytea) TO shikaku_api, shikaku_jobs;
"""

# Committed before the scans, so that these lock nobody out. The constraint proves that the table can be attached as it is; by
# the index, always empty, no search by transactions reads former records.
PREPARE = """
ALTER TABLE audit_record ADD COLUMN IF NOT EXISTS salt bytea, ADD COLUMN IF NOT EXISTS written_by xid8;
ALTER TABLE audit_record DROP CONSTRAINT IF EXISTS audit_record_is_former;
ALTER TABLE audit_record ADD CONSTRAINT audit_record_is_former
    CHECK (audit_class(kind, salt) IS NOT NULL AND audit_class(kind, salt) = 'former') NOT VALID;
"""

SCANS = """
ALTER TABLE audit_record VALIDATE CONSTRAINT audit_record_is_former;
DROP INDEX IF EXISTS audit_former_written_by;
CREATE INDEX CONCURRENTLY audit_former_written_by ON audit_record (written_by) WHERE written_by IS NOT NULL;
"""

# Whole years from the end of the month in which a record was written.
RETENTION = """
CREATE TABLE audit_retention (
    retention_class text PRIMARY KEY,
    years           integer NOT NULL CHECK (years > 0)
);
INSERT INTO audit_retention VALUES ('eligibility', 10), ('medical', 5);
"""

ONLY_GROWS = """
CREATE FUNCTION audit_log_only_grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- The one exception: records of before this revision get their salts, while there are any.
    IF TG_OP = 'UPDATE' AND current_setting('shikaku.salting', true) = 'on' THEN
        IF to_regclass('public.audit_record_former') IS NOT NULL THEN
            RETURN NULL;
        END IF;
    END IF;
    -- Not the error of a missing right: a test tells the two apart.
    RAISE EXCEPTION 'the audit record and its log only grow' USING ERRCODE = '55000';
END $$;

CREATE FUNCTION audit_protect(relation regclass) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON %s'
                   ' FOR EACH STATEMENT EXECUTE FUNCTION audit_log_only_grows()', relation);
    EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER only_grows', relation);
END $$;
"""

# The parent has every column and default; keys and indexes belong to the classes. `written_by` is the transaction: by it
# the sequencer finds what was committed between two snapshots.
RECORD = """
ALTER TABLE audit_record RENAME TO audit_record_former;
ALTER TABLE audit_record_former RENAME CONSTRAINT audit_record_pkey TO audit_record_former_pkey;
ALTER INDEX audit_of_person RENAME TO audit_former_of_person;
ALTER INDEX audit_of_unlinked RENAME TO audit_former_of_unlinked;
REVOKE ALL ON audit_record_former FROM shikaku_api, shikaku_jobs, shikaku_auditor;

CREATE TABLE audit_record (LIKE audit_record_former INCLUDING DEFAULTS) PARTITION BY LIST (audit_class(kind, salt));
ALTER TABLE audit_record
    ALTER salt SET DEFAULT sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())),
    ALTER written_by SET DEFAULT pg_current_xact_id();

CREATE TABLE audit_record_eligibility PARTITION OF audit_record FOR VALUES IN ('eligibility') PARTITION BY RANGE (record_id);
CREATE TABLE audit_record_medical PARTITION OF audit_record FOR VALUES IN ('medical') PARTITION BY RANGE (record_id);
ALTER TABLE audit_record_eligibility ADD PRIMARY KEY (record_id), ALTER salt SET NOT NULL;
ALTER TABLE audit_record_medical ADD PRIMARY KEY (record_id), ALTER salt SET NOT NULL;
CREATE INDEX audit_eligibility_of_person ON audit_record_eligibility (person_key, recorded_at) WHERE person_key IS NOT NULL;
CREATE INDEX audit_medical_of_person ON audit_record_medical (person_key, recorded_at) WHERE person_key IS NOT NULL;
CREATE INDEX audit_eligibility_of_unlinked ON audit_record_eligibility USING gin (enrolments)
    WHERE person_key IS NULL AND kind LIKE 'eligibility.%' AND outcome = 'answered';
-- Never with a row: by it a statement over all classes needs no scan of this one.
CREATE INDEX audit_medical_of_unlinked ON audit_record_medical USING gin (enrolments)
    WHERE person_key IS NULL AND kind LIKE 'eligibility.%' AND outcome = 'answered';
CREATE INDEX audit_eligibility_written_by ON audit_record_eligibility (written_by);
CREATE INDEX audit_medical_written_by ON audit_record_medical (written_by);

ALTER TABLE audit_record ATTACH PARTITION audit_record_former FOR VALUES IN ('former');
SELECT audit_protect(relation::regclass)
FROM unnest(ARRAY['audit_record', 'audit_record_former', 'audit_record_eligibility', 'audit_record_medical']) AS t (relation);

DROP POLICY program_appends ON audit_record_former;
DROP POLICY program_reads_its_transaction ON audit_record_former;
DROP POLICY auditor_reads_all ON audit_record_former;
ALTER TABLE audit_record ENABLE ROW LEVEL SECURITY;
CREATE POLICY program_appends ON audit_record FOR INSERT TO shikaku_api, shikaku_jobs WITH CHECK (true);
CREATE POLICY program_reads_its_transaction ON audit_record FOR SELECT TO shikaku_api, shikaku_jobs
    USING (recorded_at = fund_clock());
CREATE POLICY auditor_reads_all ON audit_record FOR SELECT TO shikaku_auditor USING (true);
GRANT SELECT (record_id, recorded_at, outcome) ON audit_record TO shikaku_api;
GRANT SELECT (record_id) ON audit_record TO shikaku_jobs;
GRANT SELECT ON audit_record TO shikaku_auditor;
GRANT INSERT (kind, outcome, client_id, institution_code, insurer_number, facility_kind, operator, authority, serial, person_key,
              challenge, as_of, enrolments, rule_version, known_version, detail, matched_entitlements, tickets, consents)
    ON audit_record TO shikaku_api, shikaku_jobs;
"""

# Three months ahead; and while there are former records, back to the oldest. A partition is dropped once its years are
# over, if the log is complete; its leaves stay. What waits for a lock gives up and is done at a later call.
PARTITIONS = """
CREATE FUNCTION first_record_id(at timestamptz) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
    SELECT rpad(lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0'), 32, '0')::uuid
$$;

CREATE FUNCTION maintain_audit_record() RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp SET timezone = 'UTC' SET lock_timeout = '500ms' AS $$
DECLARE
    present  timestamptz := date_trunc('month', now());
    oldest   timestamptz := present;
    class_of text;
    years_of integer;
    start_of timestamptz;
    name_of  text;
    is_empty boolean := true;
    changes  integer := 0;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('maintain_audit_record'));
    IF to_regclass('audit_record_former') IS NOT NULL THEN
        EXECUTE 'SELECT min(at) IS NULL, date_trunc(''month'', least($1, min(at))) FROM ('
                'SELECT uuid_extract_timestamp(record_id) AS at FROM audit_record_former ORDER BY record_id LIMIT 1) r'
            INTO is_empty, oldest USING present;
    END IF;
    FOR class_of, start_of IN
        SELECT retention_class, s FROM audit_retention
        CROSS JOIN generate_series(oldest, present + interval '3 months', interval '1 month') s
    LOOP
        name_of := format('audit_record_%s_%s', class_of, to_char(start_of, 'YYYYMM'));
        CONTINUE WHEN to_regclass(name_of) IS NOT NULL;
        EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING ALL) WITH (autovacuum_analyze_scale_factor = 0,'
                       ' autovacuum_analyze_threshold = 1000000, autovacuum_vacuum_insert_scale_factor = 0,'
                       ' autovacuum_vacuum_insert_threshold = 1000000)', name_of, 'audit_record_' || class_of);
        PERFORM audit_protect(name_of::regclass);
        EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', 'audit_record_' || class_of, name_of,
                       first_record_id(start_of), first_record_id(start_of + interval '1 month'));
        changes := changes + 1;
    END LOOP;
    BEGIN
        IF to_regclass('audit_record_former') IS NOT NULL AND is_empty THEN
            DROP TABLE audit_record_former;
            changes := changes + 1;
        END IF;
        FOR class_of, years_of IN
            SELECT retention_class, years FROM audit_retention
            WHERE EXISTS (SELECT FROM audit_log_position WHERE snapshot IS NOT NULL AND scanned_to IS NULL)
        LOOP
            FOR name_of IN
                SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
                WHERE i.inhparent = ('audit_record_' || class_of)::regclass
                  AND right(c.relname::text, 6) COLLATE "C" < to_char(present - make_interval(years => years_of), 'YYYYMM')
                ORDER BY c.relname
            LOOP
                EXECUTE format('DROP TABLE %I', name_of);
                changes := changes + 1;
            END LOOP;
        END LOOP;
    EXCEPTION WHEN lock_not_available THEN
        NULL;
    END;
    RETURN changes;
END $$;
GRANT EXECUTE ON FUNCTION maintain_audit_record() TO shikaku_jobs;
"""

# Only records newer than the clock can move it: their partition is found by their ids.
CLOCK = """
CREATE OR REPLACE FUNCTION window_clock() RETURNS timestamptz
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT greatest(fund_clock(), (
        SELECT recorded_at FROM audit_record WHERE record_id > first_record_id(fund_clock()) ORDER BY record_id DESC LIMIT 1
    ))
$$;
"""


def upgrade() -> None:
    """Partition the record, protect it, and create the log's tables and functions."""
    for part in (CLASSES, PREPARE):
        for statement in statements(part):
            op.execute(statement)
    with op.get_context().autocommit_block():
        for statement in statements(SCANS):
            op.execute(statement)
    for part in (RETENTION, ONLY_GROWS, RECORD, TABLES, PARTITIONS, CLOCK, FUNCTIONS, RIGHTS):
        for statement in statements(part):
            op.execute(statement)
    op.execute("SELECT maintain_audit_record()")
