"""Return with an answer's record what it said about the end of the card's certificate, so that it can be recomputed."""

from alembic import op

from eligibility_api.database.migrations.script import statements

revision = "0017"
down_revision = "0016"

# Returned columns cannot be changed in place.
FUNCTIONS = """
DROP FUNCTION answer_record(uuid, text);
CREATE FUNCTION answer_record(id uuid, facility text) RETURNS TABLE (
    record_id uuid, recorded_at timestamptz, kind text, facility_kind text, institution_code text, person_key bytea,
    as_of date, enrolments bigint[], matched_entitlements bigint[], tickets bigint[], consents text[],
    rule_version integer, known_version text, certificate text
)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT r.record_id, r.recorded_at, r.kind, r.facility_kind, r.institution_code, r.person_key, r.as_of, r.enrolments,
           r.matched_entitlements, r.tickets, r.consents, r.rule_version, r.known_version, r.detail ->> 'certificate'
    FROM audit_record r
    WHERE r.record_id = id AND r.institution_code = facility
      AND r.kind LIKE 'eligibility.%' AND r.outcome = 'answered'
$$;
REVOKE ALL ON FUNCTION answer_record(uuid, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION answer_record(uuid, text) TO shikaku_api;

-- Of a record that is not a look-up, only the id is returned.
DROP FUNCTION lookups_after(uuid, interval, integer);
CREATE FUNCTION lookups_after(after uuid, commit_delay interval, max_records integer) RETURNS TABLE (
    record_id uuid, recorded_at timestamptz, kind text, facility_kind text, institution_code text, person_key bytea,
    as_of date, enrolments bigint[], matched_entitlements bigint[], tickets bigint[], consents text[],
    rule_version integer, known_version text, certificate text
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
               a.matched_entitlements, a.tickets, a.consents, a.rule_version, a.known_version,
               a.detail ->> 'certificate' AS certificate
        WHERE a.kind LIKE 'eligibility.%' AND a.outcome = 'answered' AND a.enrolments <> '{}'
    ) l ON true
    ORDER BY a.record_id
$$;
REVOKE ALL ON FUNCTION lookups_after(uuid, interval, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION lookups_after(uuid, interval, integer) TO shikaku_jobs;
"""


def upgrade() -> None:
    """Replace the two functions."""
    for statement in statements(FUNCTIONS):
        op.execute(statement)
