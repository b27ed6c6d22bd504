"""Tables of member files: uploads, their parts, faults and decisions."""

from alembic import op

from eligibility_api.database.migrations.script import statements

revision = "0006"
down_revision = "0005"

TABLES = """
CREATE TABLE upload (
    upload_id      uuid PRIMARY KEY DEFAULT uuidv7(),
    -- Allotted when the upload began: changes by a higher revision are newer than the file.
    revision       bigint NOT NULL UNIQUE REFERENCES revision,
    insurer_number text NOT NULL REFERENCES insurer,
    client_id      uuid NOT NULL REFERENCES client,
    format         text NOT NULL,
    encoding       text NOT NULL,
    scope          text NOT NULL,
    bad_rows       text NOT NULL,
    publish        text NOT NULL,
    state          text NOT NULL DEFAULT 'receiving' CHECK (state IN ('receiving', 'received', 'checking', 'held',
                       'checked', 'publishing', 'undoing', 'published', 'refused', 'rejected', 'undone', 'abandoned')),
    received_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    parts          integer NOT NULL DEFAULT 0,
    size           bigint NOT NULL DEFAULT 0,
    sha256         bytea,
    refusal        text,
    report         jsonb,
    checked_at     timestamptz,
    -- The last prepared row (of an undo: entitlement), and how many were skipped because of newer changes.
    prepared       bigint NOT NULL DEFAULT 0,
    left_alone     integer NOT NULL DEFAULT 0,
    undo_revision  bigint UNIQUE REFERENCES revision,
    retry_at       timestamptz,
    -- Whether parts and staging tables are deleted.
    swept          boolean NOT NULL DEFAULT false
);
CREATE INDEX upload_of_insurer ON upload (insurer_number, sha256);
CREATE INDEX upload_at_work ON upload (revision) WHERE NOT swept OR state = 'undoing';

-- The bytes of a file until its final state. Unlogged: after a crash of the database the insurer sends the file again.
CREATE UNLOGGED TABLE upload_part (
    upload_id uuid NOT NULL,
    part      integer NOT NULL,
    body      bytea STORAGE EXTERNAL NOT NULL,
    PRIMARY KEY (upload_id, part)
);

CREATE TABLE upload_fault (
    fault        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    upload_id    uuid NOT NULL REFERENCES upload,
    row          bigint NOT NULL,
    column_name  text,
    code         text NOT NULL,
    shape        text,
    enrolment_id uuid
);
CREATE INDEX upload_fault_of ON upload_fault (upload_id, fault);

CREATE TABLE upload_decision (
    upload_id  uuid NOT NULL REFERENCES upload,
    decision   text NOT NULL CHECK (decision IN ('approve', 'reject', 'publish', 'undo')),
    client_id  uuid NOT NULL REFERENCES client,
    reason     text,
    decided_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (upload_id, decision)
);
"""

# The job runner owns the staging tables: it creates one set per upload, and drops it at the end.
RIGHTS = """
CREATE SCHEMA staging;
GRANT USAGE, CREATE ON SCHEMA staging TO shikaku_jobs;

GRANT SELECT, INSERT ON upload, upload_decision TO shikaku_api;
GRANT UPDATE (state, parts, size, sha256, undo_revision, prepared, left_alone) ON upload TO shikaku_api;
GRANT INSERT ON upload_part TO shikaku_api;
GRANT SELECT ON upload_fault TO shikaku_api;

GRANT SELECT ON upload_decision TO shikaku_jobs;
GRANT SELECT, UPDATE ON upload TO shikaku_jobs;
GRANT SELECT, DELETE ON upload_part, upload_fault TO shikaku_jobs;
GRANT INSERT ON upload_fault TO shikaku_jobs;
GRANT MAINTAIN ON entitlement, enrolment TO shikaku_jobs;
GRANT SELECT (record_id) ON audit_record TO shikaku_jobs;

GRANT SELECT ON upload, upload_decision TO shikaku_auditor;
"""


def upgrade() -> None:
    """Create the tables and rights."""
    for part in (TABLES, RIGHTS):
        for statement in statements(part):
            op.execute(statement)
