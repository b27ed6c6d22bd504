"""Rename tables, columns, functions and kinds of records to the field's standard terms.

Before this revision the database roles had to be renamed too: they belong to the whole cluster. The embedded server
does that by itself before it listens (`embedded_postgres.cluster`). On an outside server the operator does it once, as a
superuser, before `eligibility-api migrate`; passwords and rights stay:

    ALTER ROLE owner RENAME TO shikaku_owner;
    ALTER ROLE api RENAME TO shikaku_api;
    ALTER ROLE batch RENAME TO shikaku_jobs;
    ALTER ROLE sequencer RENAME TO shikaku_auditor;

Renames change the catalogue alone, and come last in the transaction, so that their locks are short. Rows are updated
only where a stored value is renamed. Values that a card signed, inputs of digests and other keys of stored JSON stay.
"""

from alembic import op

from eligibility_api.database.migrations.script import statements

revision = "0011"
down_revision = "0010"

# An earlier program wrote these values; the API's models no longer have them.
VALUES = """
UPDATE audit_record SET kind = CASE kind WHEN 'enrolment.split' THEN 'enrolment.unlink'
                                         ELSE replace(kind, '.told', '.recorded') END
WHERE kind IN ('prescription.told', 'dispensing.told', 'checkups.told', 'enrolment.split');

UPDATE claim_file
SET report = report - 'receipts' - 'good'
             || jsonb_build_object('claims', report -> 'receipts', 'accepted', report -> 'good')
WHERE report ? 'receipts';

UPDATE idempotency SET answer = answer - 'seen_by' || jsonb_build_object('correction_list', answer -> 'seen_by')
WHERE answer ? 'seen_by';

UPDATE upload SET bad_rows = CASE bad_rows WHEN 'pass-over' THEN 'skip' ELSE 'reject-file' END
WHERE bad_rows IN ('pass-over', 'refuse-file');
"""

# Names that PostgreSQL derived from a table's or column's name (constraints, indexes, sequences) are renamed with it.
HELPERS = """
CREATE FUNCTION pg_temp.rename_derived(of_table regclass, old_prefix text, new_prefix text) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    name_of text;
BEGIN
    FOR name_of IN
        SELECT conname FROM pg_constraint
        WHERE conrelid = of_table AND starts_with(conname, old_prefix) AND (conislocal OR contype NOT IN ('c', 'n'))
        ORDER BY conname
    LOOP
        EXECUTE format('ALTER TABLE %s RENAME CONSTRAINT %I TO %I', of_table, name_of,
                       new_prefix || substr(name_of, length(old_prefix) + 1));
    END LOOP;
    FOR name_of IN
        SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
        WHERE i.indrelid = of_table AND starts_with(c.relname, old_prefix) ORDER BY c.relname
    LOOP
        EXECUTE format('ALTER INDEX %I RENAME TO %I', name_of, new_prefix || substr(name_of, length(old_prefix) + 1));
    END LOOP;
END $$;

CREATE FUNCTION pg_temp.rename_table(old_name text, new_name text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('ALTER TABLE %I RENAME TO %I', old_name, new_name);
    PERFORM pg_temp.rename_derived(new_name::regclass, old_name || '_', new_name || '_');
END $$;

CREATE FUNCTION pg_temp.rename_column(of_table text, old_name text, new_name text) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('ALTER TABLE %I RENAME COLUMN %I TO %I', of_table, old_name, new_name);
    PERFORM pg_temp.rename_derived(of_table::regclass, of_table || '_' || old_name || '_',
                                   of_table || '_' || new_name || '_');
END $$;
"""

TABLES = """
SELECT pg_temp.rename_table('spent', 'used_nonce');
SELECT pg_temp.rename_table(c.relname::text, replace(c.relname, 'spent_', 'used_nonce_'))
FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
WHERE i.inhparent = 'used_nonce'::regclass
ORDER BY c.relname;

SELECT pg_temp.rename_table('revoked', 'revoked_certificate');

SELECT pg_temp.rename_column('number_miss', 'run', 'streak');
SELECT pg_temp.rename_column('batch_check', 'misses_in_a_row', 'miss_streak');
SELECT pg_temp.rename_column('batch_check', 'worked_at', 'last_worked_at');
SELECT pg_temp.rename_column('batch_row', 'asked', 'request');
SELECT pg_temp.rename_column('idempotency', 'made_at', 'created_at');
ALTER INDEX idempotency_made_at RENAME TO idempotency_created_at;

SELECT pg_temp.rename_column('audit_record', 'asked', 'matched_entitlements');
SELECT pg_temp.rename_column('permit', 'asked', 'matched_entitlements');
SELECT pg_temp.rename_column('prescription_entry', 'asked', 'matched_entitlements');

SELECT pg_temp.rename_table('look_up_count', 'lookup_count');
SELECT pg_temp.rename_column('lookup_count', 'look_ups', 'lookups');
SELECT pg_temp.rename_table('look_ups_counted', 'lookup_count_progress');
SELECT pg_temp.rename_column('lookup_count_progress', 'only_row', 'singleton');
SELECT pg_temp.rename_column('lookup_count_progress', 'upto', 'last_record_id');

SELECT pg_temp.rename_column('upload', 'left_alone', 'skipped');
SELECT pg_temp.rename_column('upload', 'swept', 'cleaned_up');
ALTER INDEX upload_at_work RENAME TO upload_pending;

SELECT pg_temp.rename_column('claim_file', 'taken', 'stored');
SELECT pg_temp.rename_column('claim_file', 'swept', 'cleaned_up');
ALTER INDEX claim_file_at_work RENAME TO claim_file_pending;
SELECT pg_temp.rename_column('claim_fault', 'receipt', 'claim');

SELECT pg_temp.rename_table('receipt', 'claim');
SELECT pg_temp.rename_column('claim', 'receipt', 'claim');
ALTER SEQUENCE receipt_receipt_seq RENAME TO claim_claim_seq;
"""

# Partitions of one hour each, 48 hours ahead. The scheduler calls this; it has no other rights on them. Attaching a
# partition blocks nobody. A partition is dropped once its end is ten minutes past, by its name alone; if that has to wait
# for a lock, at a later call.
PARTITIONS = """
DROP FUNCTION maintain_spent();
CREATE FUNCTION maintain_used_nonces() RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp SET timezone = 'UTC' SET lock_timeout = '500ms' AS $$
DECLARE
    past     timestamptz := now() - interval '10 minutes';
    start_of timestamptz;
    name_of  text;
    changes  integer := 0;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('maintain_used_nonces'));
    FOR start_of IN SELECT generate_series(date_trunc('hour', past), now() + interval '48 hours', interval '1 hour')
    LOOP
        name_of := 'used_nonce_' || to_char(start_of, 'YYYYMMDDHH24');
        CONTINUE WHEN to_regclass(name_of) IS NOT NULL;
        EXECUTE format('CREATE TABLE %I (LIKE used_nonce INCLUDING ALL)', name_of);
        EXECUTE format('ALTER TABLE used_nonce ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
                       name_of, start_of, start_of + interval '1 hour');
        changes := changes + 1;
    END LOOP;
    FOR name_of IN
        SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = 'used_nonce'::regclass
          AND c.relname::text COLLATE "C" <= 'used_nonce_' || to_char(past - interval '1 hour', 'YYYYMMDDHH24')
    LOOP
        BEGIN
            EXECUTE format('DROP TABLE %I', name_of);
            changes := changes + 1;
        EXCEPTION WHEN lock_not_available THEN
            EXIT;
        END;
    END LOOP;
    RETURN changes;
END $$;
REVOKE ALL ON FUNCTION maintain_used_nonces() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION maintain_used_nonces() TO shikaku_jobs;
"""

# Names of parameters and of returned columns cannot be changed in place.
FUNCTIONS = """
DROP FUNCTION look_ups_after(uuid, interval, integer);

-- Of a record that is not a look-up, only the id is returned.
CREATE FUNCTION lookups_after(after uuid, commit_delay interval, max_records integer) RETURNS TABLE (
    record_id uuid, recorded_at timestamptz, kind text, facility_kind text, institution_code text, person_key bytea,
    as_of date, enrolments bigint[], matched_entitlements bigint[], tickets bigint[], consents text[],
    rule_version integer, known_version text
)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT n.record_id, r.recorded_at, r.kind, r.facility_kind, r.institution_code, r.person_key, r.as_of, r.enrolments,
           r.matched_entitlements, r.tickets, r.consents, r.rule_version, r.known_version
    FROM (
        SELECT a.record_id FROM audit_record a
        WHERE a.record_id > after AND a.record_id < (SELECT uuidv7(-commit_delay))
        ORDER BY a.record_id
        LIMIT max_records
    ) n
    LEFT JOIN audit_record r ON r.record_id = n.record_id
        AND r.kind LIKE 'eligibility.%' AND r.outcome = 'answered' AND r.enrolments <> '{}'
    ORDER BY n.record_id
$$;
REVOKE ALL ON FUNCTION lookups_after(uuid, interval, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION lookups_after(uuid, interval, integer) TO shikaku_jobs;

DROP FUNCTION answer_record(uuid, text);
CREATE FUNCTION answer_record(id uuid, facility text) RETURNS TABLE (
    record_id uuid, recorded_at timestamptz, kind text, facility_kind text, institution_code text, person_key bytea,
    as_of date, enrolments bigint[], matched_entitlements bigint[], tickets bigint[], consents text[],
    rule_version integer, known_version text
)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT r.record_id, r.recorded_at, r.kind, r.facility_kind, r.institution_code, r.person_key, r.as_of, r.enrolments,
           r.matched_entitlements, r.tickets, r.consents, r.rule_version, r.known_version
    FROM audit_record r
    WHERE r.record_id = id AND r.institution_code = facility
      AND r.kind LIKE 'eligibility.%' AND r.outcome = 'answered'
$$;
REVOKE ALL ON FUNCTION answer_record(uuid, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION answer_record(uuid, text) TO shikaku_api;

DROP FUNCTION identified_by(uuid, text);
CREATE FUNCTION identified_by(id uuid, facility text) RETURNS TABLE (
    client_id uuid, recorded_at timestamptz, kind text, person_key bytea, authority bytea, serial bytea,
    matched_entitlements bigint[]
)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT r.client_id, r.recorded_at, r.kind, r.person_key, r.authority, r.serial, r.matched_entitlements
    FROM audit_record r
    WHERE r.record_id = id AND r.institution_code = facility AND r.person_key IS NOT NULL
      AND r.kind IN ('eligibility.card', 'eligibility.visual-check', 'eligibility.number',
                     'eligibility.consent-pin', 'eligibility.consent-visual-check')
      AND r.outcome = 'answered'
      -- Data as known at an earlier instant may be a mismatch that has been resolved since.
      AND NOT coalesce(r.detail ? 'known_at', false)
$$;
REVOKE ALL ON FUNCTION identified_by(uuid, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION identified_by(uuid, text) TO shikaku_api;

ALTER FUNCTION facility_asked(text, bytea, timestamptz) RENAME TO facility_was_answered;

DROP FUNCTION seen_by(bigint[], bigint[]);
CREATE FUNCTION facilities_answered_with(versions bigint[], revisions bigint[]) RETURNS TABLE (
    institution_code text, institution_name text, answers bigint, last_at timestamptz
)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH withdrawn AS (
        SELECT e.version, e.person_key, e.mismatch, e.lost_on, daterange(e.acquired_on, e.lost_on) AS days
        FROM enrolment e LEFT JOIN revision c ON c.revision = e.closed_by
        WHERE e.version = ANY (versions) OR e.opened_by = ANY (revisions) AND c.published_at IS NOT NULL
    ),
    answered AS (
        SELECT a.record_id, a.recorded_at, a.institution_code, a.enrolments, a.as_of, w.version
        FROM withdrawn w JOIN audit_record a ON a.person_key = w.person_key AND w.version = ANY (a.enrolments)
        WHERE a.kind LIKE 'eligibility.%' AND a.outcome = 'answered'
      UNION ALL
        SELECT a.record_id, a.recorded_at, a.institution_code, a.enrolments, a.as_of, w.version
        FROM withdrawn w JOIN audit_record a ON a.person_key IS NULL AND a.enrolments @> ARRAY[w.version]
        WHERE w.person_key IS NULL AND a.kind LIKE 'eligibility.%' AND a.outcome = 'answered'
          AND cardinality(a.matched_entitlements) = 1
    )
    SELECT f.institution_code, f.name, count(DISTINCT s.record_id), max(s.recorded_at)
    FROM answered s JOIN withdrawn w USING (version) JOIN facility f ON f.institution_code = s.institution_code
    WHERE CASE WHEN w.days @> s.as_of THEN w.mismatch <> 'open'
               ELSE w.lost_on <= s.as_of AND NOT EXISTS (
                   SELECT FROM enrolment r
                   WHERE r.version = ANY (s.enrolments) AND daterange(r.acquired_on, r.lost_on) @> s.as_of) END
    GROUP BY f.institution_code, f.name
    ORDER BY max(s.recorded_at) DESC, f.institution_code
$$;
REVOKE ALL ON FUNCTION facilities_answered_with(bigint[], bigint[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION facilities_answered_with(bigint[], bigint[]) TO shikaku_api, shikaku_jobs;

-- The instant of a published revision is fixed for the programs' roles.
DROP TRIGGER revision_shows_once ON revision;
ALTER FUNCTION revision_shows_once() RENAME TO revision_published_once;
CREATE OR REPLACE FUNCTION revision_published_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a published revision cannot be changed' USING ERRCODE = '42501';
END $$;
CREATE TRIGGER revision_published_once BEFORE UPDATE ON revision
    FOR EACH ROW WHEN (OLD.published_at IS NOT NULL AND current_user IN ('shikaku_api', 'shikaku_jobs'))
    EXECUTE FUNCTION revision_published_once();

CREATE OR REPLACE FUNCTION enrolment_closes_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM revision WHERE revision IN (OLD.closed_by, NEW.closed_by) AND published_at IS NOT NULL) THEN
        RAISE EXCEPTION 'a version closed by a published revision cannot be changed' USING ERRCODE = '42501';
    END IF;
    RETURN NEW;
END $$;
"""


def upgrade() -> None:
    """Update the renamed values, then rename."""
    for part in (VALUES, HELPERS, TABLES, PARTITIONS, FUNCTIONS):
        for statement in statements(part):
            op.execute(statement)
