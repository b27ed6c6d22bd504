"""Claim files that are read again by a newer version of the reader replace the former reading as a whole.

Its claims may have other identities than before (rule H2), so that they do not replace the former ones one by one.
"""

from alembic import op

from eligibility_api.database.migrations.script import statements

revision = "0022"
down_revision = "0021"

# Until `replaced_from` the claims of a file count as before: what was known then stays answerable (rule H17).
REPLACED = """
ALTER TABLE claim_file ADD replaced_from timestamptz;
GRANT UPDATE (replaced_from) ON claim_file TO shikaku_jobs;
"""


def upgrade() -> None:
    """Add until when a file's claims count."""
    for statement in statements(REPLACED):
        op.execute(statement)
