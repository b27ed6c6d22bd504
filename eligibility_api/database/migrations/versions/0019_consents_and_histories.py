"""On-site dispensings (院内処方) as a third origin of entries."""

from alembic import op

from eligibility_api.database.migrations.script import statements

revision = "0019"
down_revision = "0016"

ENTRIES = """
ALTER TABLE prescription_entry DROP CONSTRAINT prescription_entry_origin_check,
    ADD CONSTRAINT prescription_entry_origin_check CHECK (origin IN ('prescription', 'on-site', 'dispensing')),
    DROP CONSTRAINT prescription_entry_check,
    ADD CONSTRAINT prescription_entry_check CHECK ((dispensed_on IS NOT NULL) = (origin <> 'prescription'));
"""


def upgrade() -> None:
    """Change the constraints."""
    for part in (ENTRIES,):
        for statement in statements(part):
            op.execute(statement)
