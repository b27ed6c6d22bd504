"""Tables of facilities, presence, enrolment and the audit log, and the rights of the database roles."""

from alembic import op

from eligibility_api.database.migrations.script import statements

revision = "0001"
down_revision = None

FACILITIES = """
CREATE TABLE facility (
    institution_code text PRIMARY KEY,
    name             text NOT NULL,
    kind             text NOT NULL,
    admitted_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    closed_at        timestamptz
);
CREATE TABLE insurer (
    insurer_number text PRIMARY KEY,
    name           text NOT NULL
);
CREATE TABLE client (
    client_id        uuid PRIMARY KEY,
    institution_code text REFERENCES facility,
    insurer_number   text REFERENCES insurer,
    public_key       jsonb NOT NULL,
    rights           text[] NOT NULL,
    admitted_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    closed_at        timestamptz,
    CHECK (num_nonnulls(institution_code, insurer_number) = 1)
);
"""

PRESENCE = """
CREATE TABLE spent (
    expires_at timestamptz NOT NULL,
    id         bytea NOT NULL,
    PRIMARY KEY (expires_at, id)
) PARTITION BY RANGE (expires_at);

CREATE TABLE authority (
    authority   bytea PRIMARY KEY,
    crl_number  numeric NOT NULL,
    crl_sha256  bytea NOT NULL,
    this_update timestamptz NOT NULL,
    next_update timestamptz NOT NULL,
    checked_at  timestamptz NOT NULL
);
CREATE TABLE revoked (
    authority  bytea NOT NULL REFERENCES authority,
    serial     bytea NOT NULL,
    status     text NOT NULL CHECK (status IN ('revoked', 'suspended')),
    revoked_at timestamptz NOT NULL,
    PRIMARY KEY (authority, serial)
);
CREATE TABLE binding (
    authority         bytea NOT NULL,
    serial            bytea NOT NULL,
    person_key        bytea NOT NULL,
    basis             text NOT NULL CHECK (basis IN ('first-registration', 'renewal')),
    renewed_authority bytea,
    renewed_serial    bytea,
    bound_at          timestamptz NOT NULL DEFAULT clock_timestamp(),
    record_id         uuid NOT NULL,
    PRIMARY KEY (authority, serial),
    -- A renewal link is one-to-one: a certificate has one successor.
    UNIQUE (renewed_authority, renewed_serial),
    FOREIGN KEY (renewed_authority, renewed_serial) REFERENCES binding (authority, serial),
    CHECK ((basis = 'renewal') = (renewed_serial IS NOT NULL))
);
CREATE TABLE visual_check_count (
    client_id uuid NOT NULL REFERENCES client,
    hour      timestamptz NOT NULL,
    checks    integer NOT NULL,
    PRIMARY KEY (client_id, hour)
);
"""

# Partitions of one hour each, 48 hours ahead, by the database's clock. The scheduler calls this; it has no other rights on
# them. Attaching a partition blocks nobody. It is dropped once its end is ten minutes past; if that has to wait for a lock,
# at a later call.
NONCE_PARTITIONS = """
CREATE FUNCTION maintain_spent() RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp SET timezone = 'UTC' SET lock_timeout = '500ms' AS $$
DECLARE
    past     timestamptz := now() - interval '10 minutes';
    start_of timestamptz;
    name_of  text;
    changes  integer := 0;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('maintain_spent'));
    FOR start_of IN SELECT generate_series(date_trunc('hour', past), now() + interval '48 hours', interval '1 hour')
    LOOP
        name_of := 'spent_' || to_char(start_of, 'YYYYMMDDHH24');
        CONTINUE WHEN to_regclass(name_of) IS NOT NULL;
        EXECUTE format('CREATE TABLE %I (LIKE spent INCLUDING ALL)', name_of);
        EXECUTE format('ALTER TABLE spent ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
                       name_of, start_of, start_of + interval '1 hour');
        changes := changes + 1;
    END LOOP;
    FOR name_of IN
        SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = 'spent'::regclass
          AND to_timestamp(right(c.relname, 10), 'YYYYMMDDHH24') + interval '1 hour' <= past
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
REVOKE ALL ON FUNCTION maintain_spent() FROM PUBLIC;
"""

ENROLMENT = """
CREATE TABLE revision (
    revision       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    insurer_number text NOT NULL REFERENCES insurer,
    client_id      uuid NOT NULL REFERENCES client,
    published_at   timestamptz
);
CREATE TABLE entitlement (
    entitlement    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    enrolment_id   uuid NOT NULL UNIQUE DEFAULT uuidv7(),
    insurer_number text NOT NULL REFERENCES insurer,
    symbol_key     text NOT NULL,
    number_key     text NOT NULL,
    branch_key     text NOT NULL,
    birth_date     date NOT NULL,
    UNIQUE (insurer_number, number_key, symbol_key, branch_key, birth_date)
);
CREATE TABLE enrolment (
    version          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    entitlement      bigint NOT NULL REFERENCES entitlement,
    opened_by        bigint NOT NULL REFERENCES revision,
    closed_by        bigint REFERENCES revision,
    person_key       bytea,
    register_match   text NOT NULL CHECK (register_match IN ('one', 'none', 'ambiguous')),
    insurer_name     text NOT NULL,
    certificate_kind text NOT NULL,
    symbol           text,
    number           text NOT NULL,
    branch           text,
    relationship     text NOT NULL,
    name             text NOT NULL,
    name_kana        text NOT NULL,
    sex              text NOT NULL,
    birth_date       date NOT NULL,
    postal_code      text,
    address          text NOT NULL,
    acquired_on      date NOT NULL,
    lost_on          date,
    reason_of_loss   text,
    CHECK (lost_on > acquired_on),
    CHECK ((lost_on IS NULL) = (reason_of_loss IS NULL)),
    CHECK ((person_key IS NOT NULL) = (register_match = 'one')),
    -- At most one version per entitlement and day, at any transaction time. Without btree_gist a degenerate range stands for
    -- the key.
    CONSTRAINT enrolment_once EXCLUDE USING gist (
        int8range(entitlement, entitlement, '[]') WITH &&,
        daterange(acquired_on, lost_on) WITH &&,
        int8range(opened_by, closed_by) WITH &&
    )
);
CREATE INDEX enrolment_of_person ON enrolment (person_key) WHERE person_key IS NOT NULL;

CREATE FUNCTION enrolment_closes_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a closed version stays closed by the revision that closed it' USING ERRCODE = '42501';
END $$;
CREATE TRIGGER enrolment_closes_once BEFORE UPDATE ON enrolment
    FOR EACH ROW WHEN (OLD.closed_by IS NOT NULL) EXECUTE FUNCTION enrolment_closes_once();
"""

AUDIT = """
CREATE TABLE audit_record (
    record_id        uuid PRIMARY KEY DEFAULT uuidv7(),
    recorded_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    kind             text NOT NULL,
    outcome          text NOT NULL,
    client_id        uuid NOT NULL,
    institution_code text,
    insurer_number   text,
    facility_kind    text,
    operator         text,
    authority        bytea,
    serial           bytea,
    person_key       bytea,
    challenge        bytea,
    as_of            date,
    enrolments       bigint[],
    rule_version     integer,
    known_version    text,
    detail           jsonb
);
CREATE INDEX audit_of_person ON audit_record (person_key, recorded_at) WHERE person_key IS NOT NULL;
"""

# Least privilege: the API inserts and reads, closes versions that it supersedes, and deletes nothing.
RIGHTS = """
GRANT USAGE ON SCHEMA public TO shikaku_api, shikaku_jobs, shikaku_auditor;
GRANT SELECT ON alembic_version TO shikaku_api, shikaku_jobs, shikaku_auditor;

GRANT SELECT ON facility, insurer, client, authority, revoked, binding, revision, entitlement, enrolment TO shikaku_api;
GRANT INSERT ON spent, binding, revision, entitlement, enrolment, audit_record TO shikaku_api;
GRANT SELECT ON spent TO shikaku_api;
GRANT SELECT (record_id, recorded_at, outcome) ON audit_record TO shikaku_api;
GRANT UPDATE (closed_by) ON enrolment TO shikaku_api;
GRANT UPDATE (published_at) ON revision TO shikaku_api;
GRANT SELECT, INSERT, UPDATE ON visual_check_count TO shikaku_api;

GRANT SELECT, INSERT, UPDATE ON authority TO shikaku_jobs;
GRANT SELECT, INSERT, UPDATE, DELETE ON revoked TO shikaku_jobs;
GRANT SELECT, DELETE ON visual_check_count TO shikaku_jobs;
GRANT EXECUTE ON FUNCTION maintain_spent() TO shikaku_jobs;

-- A list is compared with the mirror in a temporary table.
DO $$ BEGIN EXECUTE format('GRANT TEMPORARY ON DATABASE %I TO shikaku_jobs', current_database()); END $$;

GRANT SELECT ON audit_record, enrolment, entitlement, revision, facility, insurer, client TO shikaku_auditor;
"""


def upgrade() -> None:
    """Create the tables, and the partitions of the next two days."""
    for part in (FACILITIES, PRESENCE, NONCE_PARTITIONS, ENROLMENT, AUDIT, RIGHTS):
        for statement in statements(part):
            op.execute(statement)
    op.execute("SELECT maintain_spent()")
