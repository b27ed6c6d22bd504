"""Limits of guessing: a facility's misses, an insurer's unmatched members; second keys for undos and contested links."""

from alembic import op

from eligibility_api.database.migrations.script import statements

revision = "0015"
down_revision = "0014"

# One row per facility, written only by misses, in place; hits read it. The present hour's misses go on counting.
FACILITY_MISSES = """
CREATE TABLE facility_number_miss (
    institution_code text PRIMARY KEY REFERENCES facility,
    hour             timestamptz NOT NULL,
    misses           integer NOT NULL
) WITH (fillfactor = 50);

INSERT INTO facility_number_miss (institution_code, hour, misses)
SELECT institution_code, hour, sum(misses) FROM number_miss
WHERE hour = date_trunc('hour', now()) GROUP BY institution_code, hour;
CREATE INDEX facility_number_miss_hour ON facility_number_miss (hour);

GRANT SELECT, INSERT, UPDATE (hour, misses) ON facility_number_miss TO shikaku_api;
GRANT SELECT, DELETE ON facility_number_miss TO shikaku_jobs;
"""

# `pending`: queries to the register by single calls that are not answered yet; they use the limit up until they are.
INSURER_COUNTS = """
ALTER TABLE mismatch_count
    ADD pending        integer NOT NULL DEFAULT 0,
    ADD unmatched_rows bigint NOT NULL DEFAULT 0;

GRANT UPDATE (pending) ON mismatch_count TO shikaku_api;
GRANT INSERT, UPDATE (unmatched_rows) ON mismatch_count TO shikaku_jobs;
"""

# `withheld`: whether the report withholds what the register answered; null until the file is checked.
# A decision is about a revision: the file's, or that of its undo.
UPLOADS = """
ALTER TABLE upload
    ADD withheld    boolean,
    ADD undo_report jsonb,
    DROP CONSTRAINT upload_state_check,
    ADD CHECK (state IN ('receiving', 'received', 'checking', 'held', 'checked', 'publishing', 'undo-held', 'undoing',
                         'published', 'refused', 'rejected', 'undone', 'abandoned'));
UPDATE upload SET withheld = false WHERE report IS NOT NULL;
GRANT UPDATE (withheld) ON upload TO shikaku_api;

ALTER TABLE upload_decision ADD revision bigint REFERENCES revision;
UPDATE upload_decision d
SET revision = CASE WHEN d.decision = 'undo' THEN coalesce(u.undo_revision, u.revision) ELSE u.revision END
FROM upload u WHERE u.upload_id = d.upload_id;
ALTER TABLE upload_decision
    ALTER revision SET NOT NULL,
    DROP CONSTRAINT upload_decision_pkey,
    ADD PRIMARY KEY (upload_id, revision, decision);
"""


# A claim that is contested is not linked to the person; the insurer of `entitlement` is told.
CONTESTED_CLAIMS = """
ALTER TABLE enrolment
    DROP CONSTRAINT enrolment_register_match_check,
    ADD CONSTRAINT enrolment_register_match_check
        CHECK (register_match IN ('one', 'none', 'ambiguous', 'other', 'contested')) NOT VALID;

CREATE TABLE contested_claim (
    claim          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    insurer_number text NOT NULL REFERENCES insurer,
    entitlement    bigint NOT NULL REFERENCES entitlement,
    revision       bigint NOT NULL REFERENCES revision
);
CREATE INDEX contested_claim_of_insurer ON contested_claim (insurer_number, revision);

GRANT SELECT, INSERT ON contested_claim TO shikaku_api;
GRANT INSERT ON contested_claim TO shikaku_jobs;
"""


def upgrade() -> None:
    """Create the tables, columns and rights."""
    for part in (FACILITY_MISSES, INSURER_COUNTS, UPLOADS, CONTESTED_CLAIMS):
        for statement in statements(part):
            op.execute(statement)
