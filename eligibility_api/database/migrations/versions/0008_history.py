"""The history: receipts out of insurers' files, prescriptions and dispensings at once, check-ups, the drug master."""

from alembic import op

from eligibility_api.database.migrations.script import statements

revision = "0008"
down_revision = "0007"

# A file waits unread in upload_part, as a member file does, under its own id.
CLAIMS = """
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
    -- Receipts of it that are stored: where a reading that broke off goes on.
    taken          bigint NOT NULL DEFAULT 0,
    -- Of these: of members not enrolled then, and in place of an earlier one, by what was known when they were stored.
    unmatched      bigint NOT NULL DEFAULT 0,
    replacing      bigint NOT NULL DEFAULT 0,
    -- Since when its receipts may show; null: none of them does.
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

# Never changed: which of several receipts of one identity counts, and whose it is, is told when it is looked at, by what
# is known then. So a late enrolment, a correction and an instant of knowledge need no second pass over receipts.
RECEIPTS = """
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
    -- Read as a whole and never searched: json costs a third of jsonb to write, and takes half the room.
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

# Provisional, of whom a card or number identified: what a claim later replaces.
ENTRIES = """
CREATE TABLE prescription_entry (
    entry            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    entry_id         uuid NOT NULL UNIQUE DEFAULT gen_random_uuid(),
    origin           text NOT NULL CHECK (origin IN ('prescription', 'dispensing')),
    person_key       bytea NOT NULL,
    -- The memberships by whose number she was identified; null: by her card. Whose they are may be mended later.
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

# 医薬品マスター: a load replaces what it names; the greatest load tells the API's processes that there is something new.
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
GRANT SELECT, INSERT ON claim_file TO api;
GRANT UPDATE (state, parts, size, sha256) ON claim_file TO api;
GRANT SELECT ON claim_fault, receipt, drug, drug_load TO api;
GRANT SELECT, INSERT ON health_checkup, prescription_entry TO api;

GRANT SELECT, UPDATE ON claim_file TO batch;
GRANT SELECT, INSERT, DELETE ON claim_fault TO batch;
GRANT SELECT, INSERT ON receipt TO batch;
GRANT SELECT ON SEQUENCE receipt_receipt_seq TO batch;
"""


def upgrade() -> None:
    """Build on the third house."""
    for part in (CLAIMS, RECEIPTS, ENTRIES, DRUGS, RIGHTS):
        for statement in statements(part):
            op.execute(statement)
