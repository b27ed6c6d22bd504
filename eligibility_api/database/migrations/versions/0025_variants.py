"""Members who are spelled otherwise than the resident register: the proposed person, and the kinds of difference."""

from alembic import op

from eligibility_api.database.migrations.script import statements

revision = "0025"
down_revision = "0024"

# Both are null but for the few members whom the register proposes; no row is rewritten or read.
VARIANTS = """
ALTER TABLE enrolment
    ADD proposed_key bytea,
    ADD differences  jsonb,
    DROP CONSTRAINT enrolment_register_match_check,
    ADD CONSTRAINT enrolment_register_match_check
        CHECK (register_match IN ('one', 'variant', 'none', 'ambiguous', 'other', 'contested')) NOT VALID,
    ADD CONSTRAINT enrolment_proposal_check CHECK (proposed_key IS NULL OR person_key IS NULL) NOT VALID;

GRANT INSERT (proposed_key, differences) ON enrolment TO shikaku_api, shikaku_jobs;
"""


def upgrade() -> None:
    """Add the columns and their rights."""
    for statement in statements(VARIANTS):
        op.execute(statement)
