"""Refusals are counted by source and minute; the auditor's report also reads claims and correction lists."""

from alembic import op

from eligibility_api.database.migrations.script import statements

revision = "0030"
down_revision = "0029"

# How many refusals of a source in a minute are records already, over all workers; `counted` are those beyond, by kind and
# cause. A row lives for some minutes, until the scheduler makes a record of it.
REFUSALS = """
CREATE TABLE refusal_minute (
    minute    timestamptz NOT NULL,
    source    text NOT NULL,
    refusals  bigint NOT NULL,
    described jsonb NOT NULL,
    counted   jsonb NOT NULL DEFAULT '{}',
    PRIMARY KEY (minute, source)
);
GRANT SELECT, INSERT (minute, source, refusals, described), UPDATE (refusals, counted) ON refusal_minute TO shikaku_api;
GRANT SELECT, DELETE ON refusal_minute TO shikaku_jobs;
"""

# Whether a claim followed a look-up: its key and month, and not what it contains.
AUDITOR = """
GRANT SELECT (insurer_number, symbol_key, number_key, branch_key, birth_date, institution_code, treatment_month, file_id)
    ON claim TO shikaku_auditor;
GRANT SELECT (file_id, known_from) ON claim_file TO shikaku_auditor;
GRANT EXECUTE ON FUNCTION facilities_answered_with(bigint[], bigint[]) TO shikaku_auditor;
"""


def upgrade() -> None:
    """Create the table, and grant the rights."""
    for part in (REFUSALS, AUDITOR):
        for statement in statements(part):
            op.execute(statement)
