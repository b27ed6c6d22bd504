"""Members unlinked from a person need a word of their own; what is purged, read or dropped of the record is on record."""

from alembic import op

from eligibility_api.database.migrations.script import statements

revision = "0037"
down_revision = "0035"

# Rule R8: what an insurer confirmed of a person elsewhere does not hold for a membership that it unlinked from her.
# Of earlier unlinkings those are known that still wait; of confirmed ones the next proposal is not told apart.
UNLINKED = """
CREATE TABLE unlinked_person (
    entitlement bigint NOT NULL REFERENCES entitlement,
    person_key  bytea  NOT NULL,
    PRIMARY KEY (entitlement, person_key)
);
GRANT SELECT, INSERT, DELETE ON unlinked_person TO shikaku_api;
GRANT SELECT ON unlinked_person TO shikaku_jobs;
INSERT INTO unlinked_person
SELECT DISTINCT former.entitlement, coalesce(former.person_key, former.proposed_key)
FROM enrolment v JOIN enrolment former ON former.entitlement = v.entitlement AND former.closed_by = v.opened_by
WHERE v.mismatch = 'open' AND v.register_match = 'other' AND v.person_key IS NULL AND v.closed_by IS NULL
  AND coalesce(former.person_key, former.proposed_key) IS NOT NULL;
"""

# Rule T9: a version that is missing was either purged, or deleted against the rule. The records of the purges, which
# the log holds, name the versions; here they are found by their key.
PURGED = """
CREATE TABLE purged_version (version bigint PRIMARY KEY);
GRANT SELECT ON purged_version TO shikaku_auditor;
DROP FUNCTION purge_enrolments(bigint, integer);
"""

# As in 0031, but a ticket or an application changed within ten years keeps the membership, and what goes is named.
PURGE = """
CREATE FUNCTION purge_enrolments(after bigint, step integer)
RETURNS TABLE (upto bigint, members bigint, versions bigint[])
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH page AS MATERIALIZED (
        SELECT t.entitlement FROM entitlement t WHERE t.entitlement > after ORDER BY t.entitlement LIMIT step
    ),
    expired AS MATERIALIZED (
        SELECT p.entitlement
        FROM page p
        CROSS JOIN LATERAL (
            SELECT bool_and(coalesce(o.published_at < now() - interval '10 years', v.closed_by = v.opened_by, false)
                            AND coalesce(c.published_at < now() - interval '10 years', v.closed_by IS NULL OR v.closed_by = v.opened_by)
                            AND (c.revision IS NOT NULL
                                 OR coalesce(v.lost_on <= ((now() AT TIME ZONE 'Asia/Tokyo') - interval '10 years')::date, false)))
                AS all_of_them
            FROM (SELECT x.* FROM enrolment x WHERE x.entitlement = p.entitlement OFFSET 0) v
            JOIN revision o ON o.revision = v.opened_by
            LEFT JOIN revision c ON c.revision = v.closed_by
        ) k
        CROSS JOIN LATERAL (
            SELECT coalesce(bool_and(
                coalesce(o.published_at < now() - interval '10 years', m.closed_by = m.opened_by, false)
                AND coalesce(c.published_at < now() - interval '10 years', m.closed_by IS NULL OR m.closed_by = m.opened_by)), true)
                AS all_of_them
            FROM (SELECT x.opened_by, x.closed_by FROM medical_ticket x WHERE x.entitlement = p.entitlement OFFSET 0) m
            JOIN revision o ON o.revision = m.opened_by
            LEFT JOIN revision c ON c.revision = m.closed_by
        ) tickets
        WHERE k.all_of_them AND tickets.all_of_them
          AND NOT EXISTS (
              SELECT FROM (SELECT a.* FROM paper_application a WHERE a.entitlement = p.entitlement OFFSET 0) a
              WHERE greatest(a.applied_at, a.withdrawn_at) >= now() - interval '10 years')
          AND NOT EXISTS (
              SELECT FROM (SELECT a.* FROM deregistration_application a WHERE a.entitlement = p.entitlement OFFSET 0) a
              WHERE greatest(a.applied_at, a.withdrawn_at) >= now() - interval '10 years')
          AND pg_try_advisory_xact_lock(p.entitlement)
    ),
    tickets AS (DELETE FROM medical_ticket WHERE entitlement = ANY (ARRAY(SELECT e.entitlement FROM expired e))),
    numbers AS (DELETE FROM reference_number WHERE entitlement = ANY (ARRAY(SELECT e.entitlement FROM expired e))),
    applications AS (DELETE FROM paper_application WHERE entitlement = ANY (ARRAY(SELECT e.entitlement FROM expired e))),
    claims AS (DELETE FROM contested_claim WHERE entitlement = ANY (ARRAY(SELECT e.entitlement FROM expired e))),
    deregistrations AS (
        DELETE FROM deregistration_application WHERE entitlement = ANY (ARRAY(SELECT e.entitlement FROM expired e))),
    unlinked AS (DELETE FROM unlinked_person WHERE entitlement = ANY (ARRAY(SELECT e.entitlement FROM expired e))),
    purged AS (DELETE FROM enrolment WHERE entitlement = ANY (ARRAY(SELECT e.entitlement FROM expired e)) RETURNING version),
    named AS (INSERT INTO purged_version SELECT version FROM purged),
    members AS (DELETE FROM entitlement WHERE entitlement = ANY (ARRAY(SELECT e.entitlement FROM expired e)) RETURNING 1)
    SELECT (SELECT max(p.entitlement) FROM page p), (SELECT count(*) FROM members),
           ARRAY(SELECT version FROM purged ORDER BY version)
$$
"""

# As in 0027, and each partition that is dropped leaves a record.
MAINTAIN = """
CREATE OR REPLACE FUNCTION maintain_audit_record() RETURNS integer
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
                INSERT INTO audit_record (kind, outcome, detail)
                VALUES ('record.dropped', 'done', jsonb_build_object(
                    'class', class_of, 'month', to_char(to_date(right(name_of, 6), 'YYYYMM'), 'YYYY-MM')));
                changes := changes + 1;
            END LOOP;
        END LOOP;
    EXCEPTION WHEN lock_not_available THEN
        NULL;
    END;
    RETURN changes;
END $$
"""

# The auditor's role appends this kind only.
READING = """
CREATE FUNCTION record_reading(command text, os_user text) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    INSERT INTO audit_record (kind, outcome, detail)
    VALUES ('record.read', 'done', jsonb_build_object('command', command, 'os_user', os_user))
$$
"""

RIGHTS = """
REVOKE ALL ON FUNCTION purge_enrolments(bigint, integer), record_reading(text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION purge_enrolments(bigint, integer) TO shikaku_jobs;
GRANT EXECUTE ON FUNCTION record_reading(text, text) TO shikaku_auditor;
"""


def upgrade() -> None:
    """Add both tables; replace the functions of the scheduler, and add the auditor's."""
    for part in (UNLINKED, PURGED):
        for statement in statements(part):
            op.execute(statement)
    for statement in (PURGE, MAINTAIN, READING):
        op.execute(statement)
    for statement in statements(RIGHTS):
        op.execute(statement)
