"""Select expired partitions of used nonces by comparing their names only.

Before, a name was parsed as an instant, and the planner was free to parse the names of other relations first: when it did,
maintenance failed, and two days later there would have been no partition for new nonces.
"""

from alembic import op

revision = "0009"
down_revision = "0008"

# As in 0001, except for expired partitions: names are compared with that of the last expired hour.
MAINTAIN = """
CREATE OR REPLACE FUNCTION maintain_spent() RETURNS integer
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
          AND c.relname::text COLLATE "C" <= 'spent_' || to_char(past - interval '1 hour', 'YYYYMMDDHH24')
    LOOP
        BEGIN
            EXECUTE format('DROP TABLE %I', name_of);
            changes := changes + 1;
        EXCEPTION WHEN lock_not_available THEN
            EXIT;
        END;
    END LOOP;
    RETURN changes;
END $$
"""


def upgrade() -> None:
    """Replace the function."""
    op.execute(MAINTAIN)
