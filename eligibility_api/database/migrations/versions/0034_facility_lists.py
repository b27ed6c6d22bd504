"""Indexes of what a facility lists: its consents beyond the day of a visit, and the tickets issued for it."""

from alembic import op

from eligibility_api.database.migrations.script import statements

revision = "0034"
down_revision = "0033"

# Nearly all consents are for outpatient care, and end with the day: a list does not have them, and they cost no index.
INDEXES = """
CREATE INDEX permit_of_facility ON permit (institution_code, care, given_at, permit_id) WHERE care IN ('2', '3');
-- The entitlement is no key: a planner could skip through the institutions to it, where there is a better index.
CREATE INDEX ticket_of_institution ON medical_ticket (institution_code, month) INCLUDE (entitlement);
"""


def upgrade() -> None:
    """Create the indexes."""
    for statement in statements(INDEXES):
        op.execute(statement)
