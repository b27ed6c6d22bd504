"""Tables of batch checks, and of medical tickets of welfare offices."""

from alembic import op

from eligibility_api.database.migrations.script import statements

revision = "0004"
down_revision = "0003"

TICKETS = """
CREATE TABLE medical_ticket (
    version            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    entitlement        bigint NOT NULL REFERENCES entitlement,
    opened_by          bigint NOT NULL REFERENCES revision,
    closed_by          bigint REFERENCES revision,
    ticket_type        text NOT NULL,
    month              date NOT NULL CHECK (month = date_trunc('month', month)),
    institution_code   text NOT NULL,
    institution_name   text,
    treatment          text NOT NULL,
    single_or_combined text NOT NULL,
    valid_from         date NOT NULL,
    valid_to           date NOT NULL,
    issue_number       text,
    self_pay           integer,
    CHECK (valid_from BETWEEN month AND valid_to),
    CHECK (valid_to < month + interval '1 month')
);
CREATE INDEX ticket_of_month ON medical_ticket (entitlement, month, institution_code);

-- A recipient has at most one current ticket of a kind per month and institution.
CREATE UNIQUE INDEX ticket_once ON medical_ticket (entitlement, month, institution_code, ticket_type, treatment)
    WHERE closed_by IS NULL;
CREATE TRIGGER ticket_closes_once BEFORE UPDATE ON medical_ticket
    FOR EACH ROW EXECUTE FUNCTION enrolment_closes_once();
"""

# A row contains the request until it is answered, and then only the result.
BATCHES = """
CREATE TABLE batch_check (
    batch_id         uuid PRIMARY KEY DEFAULT uuidv7(),
    institution_code text NOT NULL REFERENCES facility,
    client_id        uuid NOT NULL REFERENCES client,
    as_of            date NOT NULL,
    rows             integer NOT NULL CHECK (rows > 0),
    answered         integer NOT NULL DEFAULT 0 CHECK (answered BETWEEN 0 AND rows),
    misses           integer NOT NULL DEFAULT 0,
    misses_in_a_row  integer NOT NULL DEFAULT 0,
    accepted_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    worked_at        timestamptz NOT NULL DEFAULT clock_timestamp(),
    kept_until       timestamptz NOT NULL
);
CREATE INDEX batch_of_facility ON batch_check (institution_code, accepted_at);
CREATE INDEX batch_open ON batch_check (worked_at) WHERE answered < rows;
CREATE INDEX batch_kept_until ON batch_check (kept_until);

CREATE TABLE batch_row (
    batch_id uuid NOT NULL REFERENCES batch_check ON DELETE CASCADE,
    row      integer NOT NULL,
    asked    text,
    result   text,
    PRIMARY KEY (batch_id, row),
    CHECK (num_nonnulls(asked, result) = 1)
);
"""

# The API accepts and shows batches, the job runner answers them, the scheduler deletes them.
RIGHTS = """
GRANT SELECT, INSERT ON medical_ticket, batch_check, batch_row TO shikaku_api;
GRANT UPDATE (closed_by) ON medical_ticket TO shikaku_api;
GRANT SELECT ON medical_ticket TO shikaku_auditor, shikaku_jobs;
GRANT SELECT, DELETE, UPDATE (answered, misses, misses_in_a_row, worked_at) ON batch_check TO shikaku_jobs;
GRANT SELECT, UPDATE (asked, result) ON batch_row TO shikaku_jobs;
"""


def upgrade() -> None:
    """Create the tables and rights."""
    for part in (TICKETS, BATCHES, RIGHTS):
        for statement in statements(part):
            op.execute(statement)
