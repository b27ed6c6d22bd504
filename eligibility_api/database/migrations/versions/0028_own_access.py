"""Own accesses: one-time codes and sessions of patients, which read their own information alone."""

from alembic import op

from eligibility_api.database.migrations.script import statements

revision = "0028"
down_revision = "0027"

TABLES = """
CREATE TABLE own_access (
    access_id        uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    code_digest      bytea NOT NULL UNIQUE CHECK (octet_length(code_digest) = 32),
    person_key       bytea NOT NULL,
    authority        bytea NOT NULL,
    serial           bytea NOT NULL,
    institution_code text NOT NULL REFERENCES facility,
    client_id        uuid NOT NULL REFERENCES client,
    record_id        uuid NOT NULL,
    made_at          timestamptz NOT NULL DEFAULT now(),
    expires_at       timestamptz NOT NULL DEFAULT now() + interval '5 minutes',
    opened_at        timestamptz,
    session_digest   bytea UNIQUE CHECK (octet_length(session_digest) = 32),
    session_until    timestamptz,
    ended_at         timestamptz,
    CHECK ((opened_at IS NULL) = (session_digest IS NULL) AND (opened_at IS NULL) = (session_until IS NULL))
);
CREATE INDEX own_access_expired ON own_access (expires_at);
GRANT INSERT (code_digest, person_key, authority, serial, institution_code, client_id, record_id),
    SELECT (made_at, expires_at) ON own_access TO shikaku_api;
GRANT SELECT (access_id, expires_at), DELETE ON own_access TO shikaku_jobs;

CREATE TABLE own_access_guess (
    source  bytea NOT NULL,
    hour    timestamptz NOT NULL,
    guesses integer NOT NULL,
    PRIMARY KEY (source, hour)
);
CREATE INDEX own_access_guess_hour ON own_access_guess (hour);
GRANT SELECT, INSERT, UPDATE (guesses) ON own_access_guess TO shikaku_api;
GRANT SELECT, DELETE ON own_access_guess TO shikaku_jobs;
"""

# The API reads no row of `own_access`: it names the digest of a code or of a session's token, and the person follows.
SESSIONS = """
CREATE FUNCTION open_own_access(code bytea, session bytea) RETURNS TABLE (
    outcome text, access_id uuid, person_key bytea
)
LANGUAGE sql VOLATILE ROWS 1 SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH opened AS (
        UPDATE own_access a
        SET opened_at = now(), session_digest = session, session_until = now() + interval '15 minutes'
        WHERE a.code_digest = code AND a.opened_at IS NULL AND a.expires_at > now()
        RETURNING a.access_id
    )
    -- Of two simultaneous openings the later one still sees a code that is not opened: it is used all the same.
    SELECT CASE WHEN o.access_id IS NOT NULL THEN 'opened'
                WHEN k.access_id IS NULL THEN 'unknown'
                WHEN k.opened_at IS NOT NULL OR k.expires_at > now() THEN 'used'
                ELSE 'expired' END,
           k.access_id, k.person_key
    FROM (VALUES (true)) AS always (one)
    LEFT JOIN own_access k ON k.code_digest = code
    LEFT JOIN opened o ON true
$$;

CREATE FUNCTION own_session(session bytea) RETURNS TABLE (
    access_id uuid, person_key bytea, authority bytea, serial bytea, facility_name text, made_at timestamptz,
    until timestamptz
)
LANGUAGE sql STABLE ROWS 1 SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT a.access_id, a.person_key, a.authority, a.serial, f.name, a.made_at, a.session_until
    FROM own_access a JOIN facility f USING (institution_code)
    WHERE a.session_digest = session AND a.ended_at IS NULL AND a.session_until > now()
$$;

CREATE FUNCTION end_own_session(session bytea) RETURNS TABLE (access_id uuid, person_key bytea)
LANGUAGE sql VOLATILE ROWS 1 SECURITY DEFINER SET search_path = public, pg_temp AS $$
    UPDATE own_access a SET ended_at = now()
    WHERE a.session_digest = session AND a.ended_at IS NULL AND a.session_until > now()
    RETURNING a.access_id, a.person_key
$$;
"""

# Only the functions that find the person by a session or a code may call the first one.
ACCESSES = """
CREATE FUNCTION accesses_to(person bytea, before timestamptz, before_id uuid, at_most integer, kinds text[]) RETURNS TABLE (
    record_id uuid, recorded_at timestamptz, kind text, outcome text, institution_code text, facility_name text,
    insurer_name text, operator text, detail jsonb, reason jsonb, permitted_facility text
)
LANGUAGE sql STABLE ROWS 50 SET search_path = public, pg_temp AS $$
    SELECT r.record_id, r.recorded_at, r.kind, r.outcome, r.institution_code, f.name, i.name, r.operator, r.detail, p.reason,
           g.name
    FROM (
        SELECT * FROM audit_record a
        WHERE a.person_key = person AND a.recorded_at <= before AND (a.recorded_at, a.record_id) < (before, before_id)
          AND a.kind = ANY (kinds)
        ORDER BY a.recorded_at DESC, a.record_id DESC LIMIT at_most
    ) r
    LEFT JOIN facility f ON f.institution_code = r.institution_code
    LEFT JOIN insurer i ON i.insurer_number = r.insurer_number
    LEFT JOIN permit p ON p.permit_id = (r.detail ->> 'permit')::uuid
    LEFT JOIN facility g ON g.institution_code = p.institution_code
    ORDER BY r.recorded_at DESC, r.record_id DESC
$$;

CREATE FUNCTION own_accesses(session bytea, before timestamptz, before_id uuid, at_most integer, kinds text[])
RETURNS TABLE (
    record_id uuid, recorded_at timestamptz, kind text, outcome text, institution_code text, facility_name text,
    insurer_name text, operator text, detail jsonb, reason jsonb, permitted_facility text
)
LANGUAGE sql STABLE SECURITY DEFINER ROWS 50 SET search_path = public, pg_temp AS $$
    SELECT a.* FROM own_session(session) s CROSS JOIN LATERAL accesses_to(s.person_key, before, before_id, at_most, kinds) a
$$;

-- At the reader: the list of a code that has not been opened yet.
CREATE FUNCTION accesses_of_code(code bytea, at_most integer, kinds text[]) RETURNS TABLE (
    record_id uuid, recorded_at timestamptz, kind text, outcome text, institution_code text, facility_name text,
    insurer_name text, operator text, detail jsonb, reason jsonb, permitted_facility text
)
LANGUAGE sql STABLE SECURITY DEFINER ROWS 50 SET search_path = public, pg_temp AS $$
    SELECT a.*
    FROM own_access o
    CROSS JOIN LATERAL accesses_to(
        o.person_key, 'infinity', 'ffffffff-ffff-ffff-ffff-ffffffffffff', at_most, kinds) a
    WHERE o.code_digest = code AND o.opened_at IS NULL AND o.expires_at > now()
$$;

-- What her records' commitments are of; of nobody else's records.
CREATE FUNCTION own_evidence(session bytea, records uuid[]) RETURNS TABLE (record_id uuid, salt bytea, record text)
LANGUAGE sql STABLE SECURITY DEFINER ROWS 50 SET search_path = public, pg_temp AS $$
    SELECT r.record_id, r.salt, audit_record_text(r)
    FROM own_session(session) s
    CROSS JOIN unnest(records) AS named (id)
    JOIN audit_record r ON r.record_id = named.id AND r.person_key = s.person_key
$$;
"""

RIGHTS = """
GRANT EXECUTE ON FUNCTION open_own_access(bytea, bytea), own_session(bytea), end_own_session(bytea),
    own_accesses(bytea, timestamptz, uuid, integer, text[]), accesses_of_code(bytea, integer, text[]), own_evidence(bytea, uuid[]) TO shikaku_api;
"""


# What a person gives or ends on her own page comes from no client.
PERMITS = """
ALTER TABLE permit ALTER client_id DROP NOT NULL;
ALTER TABLE permit_end ALTER client_id DROP NOT NULL;
"""


# The insurer ends the registration (rule K6); until then the person can withdraw what she asked for.
DEREGISTRATION = """
CREATE TABLE deregistration_application (
    application_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    insurer_number text NOT NULL REFERENCES insurer,
    entitlement    bigint NOT NULL REFERENCES entitlement,
    person_key     bytea NOT NULL,
    applied_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    withdrawn_at   timestamptz
);
CREATE INDEX deregistration_application_of_insurer ON deregistration_application (insurer_number, application_id);
CREATE INDEX deregistration_application_of_person ON deregistration_application (person_key);
CREATE INDEX deregistration_application_of_member ON deregistration_application (entitlement);
GRANT SELECT, INSERT (insurer_number, entitlement, person_key), UPDATE (withdrawn_at)
    ON deregistration_application TO shikaku_api;
"""


def upgrade() -> None:
    """Create the tables, the functions and their rights."""
    for part in (TABLES, SESSIONS, ACCESSES, RIGHTS, PERMITS, DEREGISTRATION):
        for statement in statements(part):
            op.execute(statement)
