"""The mark of a database that was created as a sandbox, for vendors' tests: a production start refuses it."""

from alembic import context, op

from eligibility_api.database.migrations.script import statements

revision = "0033"
down_revision = "0031"

# No role writes the mark, and its owner neither changes nor removes it: what was tried out never becomes production.
MARK = """
CREATE TABLE sandbox_mark (
    only_one   boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    created_at timestamptz NOT NULL DEFAULT now()
);
SELECT audit_protect('sandbox_mark'::regclass);
GRANT SELECT ON sandbox_mark TO shikaku_api;
"""


def upgrade() -> None:
    """Create the table; a database without clients gets the mark if the sandbox creates it."""
    for statement in statements(MARK):
        op.execute(statement)
    if context.config.attributes.get("sandbox"):
        op.execute("INSERT INTO sandbox_mark (only_one) SELECT true WHERE NOT EXISTS (SELECT FROM client)")
