"""Tables of the history: claims from insurers' files, prescriptions and dispensings, check-ups, the drug master."""

from alembic import op

from eligibility_api.database.migrations.script import statements

revision = "0008"
down_revision = "0007"

# The bytes of an unread file are in upload_part under its id, as those of a member file.
CLAIM_FILES = """
CREATE TABLE claim_file (
    file_id        uuid PRIMARY KEY DEFAULT uuidv7(),
    insurer_number text NOT NULL REFERENCES insurer,
    client_id      uuid NOT NULL REFERENCES client,
    state          text NOT NULL DEFAULT 'receiving'
                       CHECK (state IN ('receiving', 'received', 'reading', 'done', 'refused', 'abandoned')),
    received_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    parts          integer NOT NULL DEFAULT 0,
    size           bigint NOT NULL DEFAULT 0,
    sha256         bytea,
    refusal        text,
    report         jsonb,
    -- Stored claims of the file: where an interrupted reading continues.
    taken          bigint NOT NULL DEFAULT 0,
    -- Of these: claims of members not enrolled then, and claims that replace an earlier one, as known when stored.
    unmatched      bigint NOT NULL DEFAULT 0,
    replacing      bigint NOT NULL DEFAULT 0,
    -- From when its claims are visible; null: none of them is.
    known_from     timestamptz,
    retry_at       timestamptz,
    swept          boolean NOT NULL DEFAULT false
);
CREATE INDEX claim_file_of_insurer ON claim_file (insurer_number, sha256);
CREATE INDEX claim_file_at_work ON claim_file (received_at) WHERE NOT swept;

CREATE TABLE claim_fault (
    fault       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    file_id     uuid NOT NULL REFERENCES claim_file,
    line        bigint NOT NULL,
    record      text,
    field       integer,
    name        text,
    receipt     bigint,
    code        text NOT NULL,
    shape       text
);
CREATE INDEX claim_fault_of ON claim_fault (file_id, fault);
"""

# Append-only: which of several claims of one identity counts, and which person it belongs to, is decided at query time by
# current knowledge. So late enrolments, corrections and queries as of a past instant need no second pass over claims.
CLAIM_ROWS = """
CREATE TABLE receipt (
    receipt          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    file_id          uuid NOT NULL,
    insurer_number   text NOT NULL,
    symbol_key       text NOT NULL,
    number_key       text NOT NULL,
    branch_key       text NOT NULL,
    birth_date       date NOT NULL,
    kind             text NOT NULL,
    setting          text NOT NULL,
    institution_code text NOT NULL,
    treatment_month  date NOT NULL,
    claim_month      date NOT NULL,
    -- 00:00 in Tokyo on the 11th of the claim month.
    due_at           timestamptz NOT NULL,
    identity         bytea NOT NULL,
    -- Read as a whole and never searched: json costs a third of jsonb to write, and takes half the space.
    content          json NOT NULL
);
CREATE INDEX receipt_of_member ON receipt (insurer_number, number_key, symbol_key, birth_date, treatment_month);

CREATE TABLE health_checkup (
    checkup        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    insurer_number text NOT NULL REFERENCES insurer,
    symbol_key     text NOT NULL,
    number_key     text NOT NULL,
    branch_key     text NOT NULL,
    birth_date     date NOT NULL,
    examined_on    date NOT NULL,
    items          jsonb NOT NULL,
    client_id      uuid NOT NULL REFERENCES client,
    known_from     timestamptz NOT NULL
);
CREATE INDEX health_checkup_of_member ON health_checkup (insurer_number, number_key, symbol_key, birth_date);
"""

# Provisional entries of persons identified by card or number; a claim replaces them later.
ENTRIES = """
CREATE TABLE prescription_entry (
    entry            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    entry_id         uuid NOT NULL UNIQUE DEFAULT gen_random_uuid(),
    origin           text NOT NULL CHECK (origin IN ('prescription', 'dispensing')),
    person_key       bytea NOT NULL,
    -- The memberships that identified the person; null: the card did. Their person may be corrected later.
    asked            bigint[],
    institution_code text NOT NULL REFERENCES facility,
    prescribed_on    date NOT NULL,
    dispensed_on     date,
    prescriber_code  text NOT NULL,
    prescriber_name  text NOT NULL,
    content          json NOT NULL,
    known_from       timestamptz NOT NULL,
    client_id        uuid NOT NULL REFERENCES client,
    operator         text,
    record_id        uuid NOT NULL,
    idempotency_key  text NOT NULL,
    digest           bytea NOT NULL,
    UNIQUE (institution_code, idempotency_key),
    CHECK ((dispensed_on IS NOT NULL) = (origin = 'dispensing'))
);
CREATE INDEX prescription_entry_of_person ON prescription_entry (person_key, known_from);
"""

# 医薬品マスター: a load replaces the drugs that it contains; API processes reload when the greatest load number changes.
DRUGS = """
CREATE TABLE drug_load (
    load      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    loaded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    sha256    bytea NOT NULL,
    drugs     integer NOT NULL
);
CREATE TABLE drug (
    drug_code       text PRIMARY KEY,
    name            text NOT NULL,
    unit_code       text,
    unit            text,
    generic         boolean,
    -- 薬価基準収載医薬品コード, twelve characters; null where the master has none.
    price_list_code text,
    load            bigint NOT NULL REFERENCES drug_load
);
"""

RIGHTS = """
GRANT SELECT, INSERT ON claim_file TO shikaku_api;
GRANT UPDATE (state, parts, size, sha256) ON claim_file TO shikaku_api;
GRANT SELECT ON claim_fault, receipt, drug, drug_load TO shikaku_api;
GRANT SELECT, INSERT ON health_checkup, prescription_entry TO shikaku_api;

GRANT SELECT, UPDATE ON claim_file TO shikaku_jobs;
GRANT SELECT, INSERT, DELETE ON claim_fault TO shikaku_jobs;
GRANT SELECT, INSERT ON receipt TO shikaku_jobs;
GRANT SELECT ON SEQUENCE receipt_receipt_seq TO shikaku_jobs;
"""


def upgrade() -> None:
    """Create the tables, indexes and rights."""
    for part in (CLAIM_FILES, CLAIM_ROWS, ENTRIES, DRUGS, RIGHTS):
        for statement in statements(part):
            op.execute(statement)
