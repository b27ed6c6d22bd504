"""Carriers of certificates, and since when a mirrored list has expired ones: for the grace period of cards."""

from alembic import op

from eligibility_api.database.migrations.script import statements

revision = "0018"
down_revision = "0017"

# Null for bindings from before this revision: J-LIS is asked for the carrier when it decides.
CARRIER = """
ALTER TABLE binding ADD carrier text CHECK (carrier IN ('card', 'phone'));
GRANT SELECT (carrier), INSERT (carrier) ON binding TO shikaku_api;
"""

# Null: the list says nothing of expired certificates. It is set with the next list that is fetched.
EXPIRED = """
ALTER TABLE authority ADD expired_since timestamptz;
GRANT UPDATE (expired_since) ON authority TO shikaku_jobs;
"""


def upgrade() -> None:
    """Add the columns and their rights."""
    for part in (CARRIER, EXPIRED):
        for statement in statements(part):
            op.execute(statement)
