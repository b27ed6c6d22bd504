"""Which programs a schema serves, and whose sessions are whose, so that a release is made while the last one serves."""

from alembic import op

from eligibility_api.database.migrations.script import statements

revision = "0041"
down_revision = "0040"
phase = "expand"

# Programs of this revision and of later ones are served. A contract raises it.
FLOOR = """
CREATE TABLE schema_floor (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    revision text NOT NULL
);
INSERT INTO schema_floor (revision) VALUES ('0040');
GRANT SELECT ON schema_floor TO shikaku_api;
"""

# As in 0014, with the names of sessions that end with their program's revision.
RUNNING = """
CREATE OR REPLACE FUNCTION running_requests() RETURNS integer
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT count(*)::integer FROM pg_stat_activity
    WHERE datname = current_database() AND usename = 'shikaku_api' AND application_name ~ '^eligibility-api( [0-9]{4})?$'
      AND state = 'active'
$$;
"""


def upgrade() -> None:
    """Create the table, and replace the function; its rights stay."""
    for part in (FLOOR, RUNNING):
        for statement in statements(part):
            op.execute(statement)
