"""Proposals of confirmed members join the mismatch queue; what ended a registration stays known."""

from alembic import op

from eligibility_api.database.migrations.script import statements

revision = "0031"
down_revision = "0026"

# The condition is the queue's (`insurer_ops/store.py`).
QUEUE = """
DROP INDEX enrolment_mismatch;
CREATE INDEX enrolment_waiting ON enrolment (opened_by) WHERE mismatch = 'open' OR proposed_key IS NOT NULL;
"""

# `binding.ends_at` is the end that stands now. A list of who needed a paper certificate at an earlier instant knows the
# one that stood then: from `recorded_at` until it was withdrawn, or the certificate was registered again.
ENDS = """
CREATE TABLE registration_end (
    registration_end bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    authority        bytea       NOT NULL,
    serial           bytea       NOT NULL,
    ends_at          timestamptz NOT NULL,
    recorded_at      timestamptz NOT NULL,
    stood_until      timestamptz,
    FOREIGN KEY (authority, serial) REFERENCES binding
);
CREATE INDEX registration_end_of_binding ON registration_end (authority, serial);
GRANT SELECT ON registration_end TO shikaku_api;
INSERT INTO registration_end (authority, serial, ends_at, recorded_at)
SELECT authority, serial, ends_at, coalesce(end_recorded_at, bound_at) FROM binding WHERE ends_at IS NOT NULL;
ALTER TABLE binding DROP end_recorded_at;
"""

# With its owner's rights: no role writes the history.
TRIGGERS = (
    """
CREATE FUNCTION keep_registration_end() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        UPDATE registration_end SET stood_until = clock_timestamp()
        WHERE authority = NEW.authority AND serial = NEW.serial AND stood_until IS NULL;
    END IF;
    IF NEW.ends_at IS NOT NULL THEN
        INSERT INTO registration_end (authority, serial, ends_at, recorded_at)
        VALUES (NEW.authority, NEW.serial, NEW.ends_at, clock_timestamp());
    END IF;
    RETURN NULL;
END $$
""",
    """
CREATE TRIGGER registration_end_added AFTER INSERT ON binding FOR EACH ROW
WHEN (NEW.ends_at IS NOT NULL) EXECUTE FUNCTION keep_registration_end()
""",
    """
CREATE TRIGGER registration_end_changed AFTER UPDATE OF ends_at ON binding FOR EACH ROW
WHEN (NEW.ends_at IS DISTINCT FROM OLD.ends_at) EXECUTE FUNCTION keep_registration_end()
""",
)


def upgrade() -> None:
    """Replace the index, and add the history with its triggers."""
    for part in (QUEUE, ENDS):
        for statement in statements(part):
            op.execute(statement)
    for statement in TRIGGERS:
        op.execute(statement)
