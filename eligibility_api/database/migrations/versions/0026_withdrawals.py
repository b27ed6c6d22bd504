"""Applications for paper certificates and deregistrations can be withdrawn; reference numbers are found by member."""

from alembic import op

from eligibility_api.database.migrations.script import statements

revision = "0026"
down_revision = "0025"

WITHDRAWALS = """
ALTER TABLE paper_application ADD withdrawn_at timestamptz;
GRANT UPDATE (withdrawn_at) ON paper_application TO shikaku_api;

-- When `ends_at` was written: a list of who needed a paper certificate at an earlier instant does not know it before.
ALTER TABLE binding ADD end_recorded_at timestamptz;
GRANT SELECT (end_recorded_at), UPDATE (end_recorded_at) ON binding TO shikaku_api;
"""

# For the join of an insurer's two spellings.
REFERENCES = """
CREATE INDEX reference_number_of_member ON reference_number (entitlement);
"""


def upgrade() -> None:
    """Add columns, rights and the index."""
    for part in (WITHDRAWALS, REFERENCES):
        for statement in statements(part):
            op.execute(statement)
