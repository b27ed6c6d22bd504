"""On-site dispensings (院内処方) as a third origin of entries."""

from alembic import op

from eligibility_api.database.migrations.script import statements

revision = "0019"
down_revision = "0018"

ENTRIES = """
ALTER TABLE prescription_entry DROP CONSTRAINT prescription_entry_origin_check,
    ADD CONSTRAINT prescription_entry_origin_check CHECK (origin IN ('prescription', 'on-site', 'dispensing')),
    DROP CONSTRAINT prescription_entry_check,
    ADD CONSTRAINT prescription_entry_check CHECK ((dispensed_on IS NOT NULL) = (origin <> 'prescription'));
"""

# A consent for the day of an appointment begins later than it was given, and lasts for that day.
PERMITS = """
ALTER TABLE permit ADD available_from timestamptz CHECK (available_from > given_at),
    DROP CONSTRAINT permit_check,
    ADD CONSTRAINT permit_lasts_a_day
        CHECK (until > given_at AND until <= coalesce(available_from, given_at) + interval '24 hours');
GRANT SELECT (available_from) ON permit TO shikaku_api;
"""


def upgrade() -> None:
    """Change the constraints, and add the beginning of a permit."""
    for part in (ENTRIES, PERMITS):
        for statement in statements(part):
            op.execute(statement)
