"""Insurers' back office: idempotency keys, mismatch queue, change feed, statistics, correction lists."""

from alembic import op

from eligibility_api.database.migrations.script import statements

revision = "0005"
down_revision = "0004"

SINGLE_CALLS = """
CREATE TABLE idempotency (
    insurer_number text NOT NULL REFERENCES insurer,
    key            text NOT NULL,
    digest         bytea NOT NULL,
    answer         jsonb NOT NULL,
    revision       bigint NOT NULL REFERENCES revision,
    made_at        timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (insurer_number, key)
);
CREATE INDEX idempotency_made_at ON idempotency (made_at);

CREATE TABLE mismatch_count (
    insurer_number text NOT NULL REFERENCES insurer,
    hour           timestamptz NOT NULL,
    mismatches     integer NOT NULL,
    PRIMARY KEY (insurer_number, hour)
);
"""

# The mismatch queue finds versions by the insurer's revisions; the change feed pages through those that one opened or closed.
READING = """
CREATE INDEX enrolment_mismatch ON enrolment (opened_by) WHERE mismatch = 'open';
DROP INDEX enrolment_opened_by, enrolment_closed_by;
CREATE INDEX enrolment_opened_by ON enrolment (opened_by, version);
CREATE INDEX enrolment_closed_by ON enrolment (closed_by, version) WHERE closed_by IS NOT NULL;
CREATE INDEX entitlement_of_insurer ON entitlement (insurer_number, entitlement);

-- Null for bindings from before this revision.
ALTER TABLE binding ADD not_after timestamptz;
CREATE INDEX binding_of_person ON binding (person_key);
"""

# The job runner counts look-ups, each once, in the order of their records: `upto` is the last one counted.
LOOKUP_COUNTS = """
CREATE TABLE look_up_count (
    insurer_number text NOT NULL REFERENCES insurer,
    day            date NOT NULL,
    outcome        text NOT NULL,
    look_ups       bigint NOT NULL,
    PRIMARY KEY (insurer_number, day, outcome)
);
CREATE TABLE look_ups_counted (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    upto     uuid NOT NULL
);
INSERT INTO look_ups_counted (upto) VALUES ('00000000-0000-0000-0000-000000000000');

-- Of a record that is not a look-up, only the id.
CREATE FUNCTION look_ups_after(after uuid, settled interval, most integer) RETURNS TABLE (
    record_id uuid, recorded_at timestamptz, kind text, facility_kind text, institution_code text, person_key bytea,
    as_of date, enrolments bigint[], asked bigint[], tickets bigint[], consents text[], rule_version integer,
    known_version text
)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT n.record_id, r.recorded_at, r.kind, r.facility_kind, r.institution_code, r.person_key, r.as_of, r.enrolments,
           r.asked, r.tickets, r.consents, r.rule_version, r.known_version
    FROM (
        SELECT a.record_id FROM audit_record a
        WHERE a.record_id > after AND a.record_id < (SELECT uuidv7(-settled))
        ORDER BY a.record_id
        LIMIT most
    ) n
    LEFT JOIN audit_record r ON r.record_id = n.record_id
        AND r.kind LIKE 'eligibility.%' AND r.outcome = 'answered' AND r.enrolments <> '{}'
    ORDER BY n.record_id
$$;
REVOKE ALL ON FUNCTION look_ups_after(uuid, interval, integer) FROM PUBLIC;
"""

# The facilities that got answers with a version: found by its person, or, if it had none, by number. A version was shown if
# it covered the day, or if it had ended and no version that was read covered the day; an open mismatch on the day hides it.
CORRECTIONS = """
CREATE INDEX audit_of_unlinked ON audit_record USING gin (enrolments)
    WHERE person_key IS NULL AND kind LIKE 'eligibility.%' AND outcome = 'answered';

CREATE FUNCTION seen_by(versions bigint[], revisions bigint[]) RETURNS TABLE (
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
          AND cardinality(a.asked) = 1
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
REVOKE ALL ON FUNCTION seen_by(bigint[], bigint[]) FROM PUBLIC;
"""

RIGHTS = """
GRANT SELECT, INSERT ON idempotency TO shikaku_api;
GRANT SELECT, INSERT, UPDATE (mismatches) ON mismatch_count TO shikaku_api;
GRANT SELECT ON look_up_count TO shikaku_api;
GRANT EXECUTE ON FUNCTION seen_by(bigint[], bigint[]) TO shikaku_api, shikaku_jobs;

GRANT SELECT, DELETE ON idempotency, mismatch_count TO shikaku_jobs;
GRANT SELECT, INSERT, UPDATE, DELETE ON look_up_count TO shikaku_jobs;
GRANT SELECT, UPDATE ON look_ups_counted TO shikaku_jobs;
GRANT EXECUTE ON FUNCTION look_ups_after(uuid, interval, integer) TO shikaku_jobs;
"""


def upgrade() -> None:
    """Create the tables, indexes, functions and rights."""
    for part in (SINGLE_CALLS, READING, LOOKUP_COUNTS, CORRECTIONS, RIGHTS):
        for statement in statements(part):
            op.execute(statement)
