"""Optional readings and addresses of members; faults of member files by row, as a spreadsheet counts them."""

from alembic import op

from eligibility_api.database.migrations.script import statements

revision = "0021"
down_revision = "0020"

OPTIONAL_ITEMS = """
-- Foreign residents have no reading in the register; the address of a protected person may be missing.
ALTER TABLE enrolment ALTER name_kana DROP NOT NULL, ALTER address DROP NOT NULL;
"""

# The heading is row 1 of a CSV file; rows were counted without it.
FAULTS_BY_ROW = """
UPDATE upload_fault f SET row = f.row + 1
FROM upload u WHERE u.upload_id = f.upload_id AND u.format = 'csv' AND f.row > 0;

DROP INDEX upload_fault_of;
CREATE INDEX upload_fault_by_row ON upload_fault (upload_id, row, fault);
"""


def upgrade() -> None:
    """Allow absent items, and count rows as a spreadsheet does."""
    for script in (OPTIONAL_ITEMS, FAULTS_BY_ROW):
        for statement in statements(script):
            op.execute(statement)
