"""Functions and indexes by which recurring statements find rows by keys, and how many requests are running.

The look-ups that the job runner counts are read by one scan of the audit log: joined with itself, a log that was never
analyzed was read as a whole for each record. Expired counters are found by their hour or day.
"""

from alembic import op

from eligibility_api.database.migrations.script import statements

revision = "0014"
down_revision = "0011"

# Of a record that is not a look-up, only the id is returned.
LOOKUPS = """
CREATE OR REPLACE FUNCTION lookups_after(after uuid, commit_delay interval, max_records integer) RETURNS TABLE (
    record_id uuid, recorded_at timestamptz, kind text, facility_kind text, institution_code text, person_key bytea,
    as_of date, enrolments bigint[], matched_entitlements bigint[], tickets bigint[], consents text[],
    rule_version integer, known_version text
)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT a.record_id, l.*
    FROM (
        SELECT * FROM audit_record r
        WHERE r.record_id > after AND r.record_id < (SELECT uuidv7(-commit_delay))
        ORDER BY r.record_id
        LIMIT max_records
    ) a
    LEFT JOIN LATERAL (
        SELECT a.recorded_at, a.kind, a.facility_kind, a.institution_code, a.person_key, a.as_of, a.enrolments,
               a.matched_entitlements, a.tickets, a.consents, a.rule_version, a.known_version
        WHERE a.kind LIKE 'eligibility.%' AND a.outcome = 'answered' AND a.enrolments <> '{}'
    ) l ON true
    ORDER BY a.record_id
$$;
"""

# As before, but nothing is joined without a key: each version's records are found by its person, or by its number.
CORRECTIONS = """
CREATE OR REPLACE FUNCTION facilities_answered_with(versions bigint[], revisions bigint[]) RETURNS TABLE (
    institution_code text, institution_name text, answers bigint, last_at timestamptz
)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH withdrawn AS MATERIALIZED (
        SELECT e.version, e.person_key, e.mismatch, e.lost_on, daterange(e.acquired_on, e.lost_on) AS days
        FROM unnest(versions) AS named (version) JOIN enrolment e ON e.version = named.version
      UNION
        SELECT e.version, e.person_key, e.mismatch, e.lost_on, daterange(e.acquired_on, e.lost_on)
        FROM unnest(revisions) AS named (revision)
        JOIN enrolment e ON e.opened_by = named.revision
        JOIN revision c ON c.revision = e.closed_by AND c.published_at IS NOT NULL
    ),
    answered AS (
        SELECT a.record_id, a.recorded_at, a.institution_code, a.enrolments, a.as_of, w.mismatch, w.lost_on, w.days
        FROM withdrawn w
        CROSS JOIN LATERAL (SELECT * FROM audit_record r WHERE r.person_key = w.person_key OFFSET 0) a
        WHERE w.version = ANY (a.enrolments) AND a.kind LIKE 'eligibility.%' AND a.outcome = 'answered'
      UNION ALL
        SELECT a.record_id, a.recorded_at, a.institution_code, a.enrolments, a.as_of, w.mismatch, w.lost_on, w.days
        FROM withdrawn w
        CROSS JOIN LATERAL (
            SELECT * FROM audit_record r
            WHERE r.person_key IS NULL AND r.enrolments @> ARRAY[w.version]
              AND r.kind LIKE 'eligibility.%' AND r.outcome = 'answered'
            OFFSET 0
        ) a
        WHERE w.person_key IS NULL AND cardinality(a.matched_entitlements) = 1
    )
    SELECT f.institution_code, f.name, count(DISTINCT s.record_id), max(s.recorded_at)
    FROM answered s JOIN facility f ON f.institution_code = s.institution_code
    WHERE CASE WHEN s.days @> s.as_of THEN s.mismatch <> 'open'
               ELSE s.lost_on <= s.as_of AND NOT EXISTS (
                   SELECT FROM enrolment r
                   WHERE r.version = ANY (s.enrolments) AND r.acquired_on <= s.as_of
                     AND (s.as_of < r.lost_on) IS NOT FALSE) END
    GROUP BY f.institution_code, f.name
    ORDER BY max(s.recorded_at) DESC, f.institution_code
$$;
"""

# The statements of requests that are running at this moment: jobs yield to them. Sessions of the jobs have another name.
RUNNING = """
CREATE FUNCTION running_requests() RETURNS integer
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT count(*)::integer FROM pg_stat_activity
    WHERE datname = current_database() AND usename = 'shikaku_api' AND application_name = 'eligibility-api'
      AND state = 'active'
$$;
REVOKE ALL ON FUNCTION running_requests() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION running_requests() TO shikaku_jobs;
"""

# None of these columns changes with every update of its row, which stays in place.
EXPIRY = """
CREATE INDEX visual_check_count_hour ON visual_check_count (hour);
CREATE INDEX number_miss_hour ON number_miss (hour);
CREATE INDEX second_factor_miss_hour ON second_factor_miss (hour);
CREATE INDEX mismatch_count_hour ON mismatch_count (hour);
CREATE INDEX lookup_count_day ON lookup_count (day);
"""

# Versions that were withdrawn before their file was published: few among many that a file opens or closes.
WITHDRAWN = """
CREATE INDEX enrolment_withdrawn ON enrolment (closed_by) WHERE closed_by = opened_by;
"""


def upgrade() -> None:
    """Replace the functions, add the indexes."""
    for part in (LOOKUPS, CORRECTIONS, RUNNING, EXPIRY, WITHDRAWN):
        for statement in statements(part):
            op.execute(statement)
