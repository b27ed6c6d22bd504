"""Look-ups by number: misses, reference numbers, and a facility's access to its own recorded answers."""

from alembic import op

from eligibility_api.database.migrations.script import statements

revision = "0003"
down_revision = "0002"

# One row per terminal, written only by misses, in place (no index contains a changing column); hits read it.
MISSES = """
CREATE TABLE number_miss (
    institution_code text NOT NULL REFERENCES facility,
    client_id        uuid NOT NULL REFERENCES client,
    hour             timestamptz NOT NULL,
    misses           integer NOT NULL,
    run              integer NOT NULL,
    missed_at        timestamptz NOT NULL,
    PRIMARY KEY (institution_code, client_id)
) WITH (fillfactor = 50);
"""

REFERENCES = """
CREATE TABLE reference_number (
    institution_code text NOT NULL REFERENCES facility,
    entitlement      bigint NOT NULL REFERENCES entitlement,
    reference_number text NOT NULL,
    registered_at    timestamptz NOT NULL,
    PRIMARY KEY (institution_code, entitlement)
);
"""

# The API may not read the audit log. These two functions return only records of the calling facility.
OWN_RECORDS = """
-- A record's instant is the one with which its query compared revisions: repeated with that `known_at`, the answer is equal.
ALTER TABLE audit_record ALTER recorded_at SET DEFAULT now();

CREATE FUNCTION facility_asked(facility text, person bytea, until timestamptz) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT EXISTS (
        SELECT FROM audit_record
        WHERE person_key = person AND recorded_at <= until AND institution_code = facility
          AND kind LIKE 'eligibility.%' AND outcome = 'answered'
    )
$$;
REVOKE ALL ON FUNCTION facility_asked(text, bytea, timestamptz) FROM PUBLIC;

CREATE FUNCTION answer_record(id uuid, facility text) RETURNS TABLE (
    record_id uuid, recorded_at timestamptz, kind text, facility_kind text, institution_code text, person_key bytea,
    as_of date, enrolments bigint[], asked bigint[], tickets bigint[], consents text[], rule_version integer,
    known_version text
)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT r.record_id, r.recorded_at, r.kind, r.facility_kind, r.institution_code, r.person_key, r.as_of, r.enrolments,
           r.asked, r.tickets, r.consents, r.rule_version, r.known_version
    FROM audit_record r
    WHERE r.record_id = id AND r.institution_code = facility
      AND r.kind LIKE 'eligibility.%' AND r.outcome = 'answered'
$$;
REVOKE ALL ON FUNCTION answer_record(uuid, text) FROM PUBLIC;
"""

RIGHTS = """
GRANT SELECT, INSERT ON number_miss, reference_number TO shikaku_api;
GRANT UPDATE (hour, misses, run, missed_at) ON number_miss TO shikaku_api;
GRANT UPDATE (reference_number, registered_at) ON reference_number TO shikaku_api;
GRANT SELECT, DELETE ON number_miss TO shikaku_jobs;
GRANT EXECUTE ON FUNCTION facility_asked(text, bytea, timestamptz), answer_record(uuid, text) TO shikaku_api;
"""


def upgrade() -> None:
    """Create the tables, functions and rights."""
    for part in (MISSES, REFERENCES, OWN_RECORDS, RIGHTS):
        for statement in statements(part):
            op.execute(statement)
