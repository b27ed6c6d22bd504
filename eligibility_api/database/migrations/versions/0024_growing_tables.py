"""Tables that only grow are vacuumed and analyzed rarely: whenever it happens, every session plans its statements anew.

The statements need no statistics (`database/plans.py`). By default a table is vacuumed and analyzed whenever it has
grown by a tenth or a fifth: on a first day, once a minute. Partitions of used nonces are dropped before it is worth it.
"""

from alembic import op

from eligibility_api.database.migrations.script import statements

revision = "0024"
down_revision = "0022"

# Half an hour of the nation's mean rate.
GROWING = """
ALTER TABLE audit_record SET (
    autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 1000000,
    autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 1000000
);
ALTER TABLE permit SET (
    autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 1000000,
    autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 1000000
);
ALTER TABLE consent_evidence SET (
    autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 1000000,
    autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 1000000
);
"""

# As before, except for the storage parameter.
PARTITIONS = """
CREATE OR REPLACE FUNCTION maintain_used_nonces() RETURNS integer
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
        EXECUTE format('CREATE TABLE %I (LIKE used_nonce INCLUDING ALL) WITH (autovacuum_enabled = off)', name_of);
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

DO $$
DECLARE
    name_of text;
BEGIN
    FOR name_of IN
        SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = 'used_nonce'::regclass
    LOOP
        EXECUTE format('ALTER TABLE %I SET (autovacuum_enabled = off)', name_of);
    END LOOP;
END $$;
"""


def upgrade() -> None:
    """Set the parameters of storage, also of future partitions."""
    for part in (GROWING, PARTITIONS):
        for statement in statements(part):
            op.execute(statement)
