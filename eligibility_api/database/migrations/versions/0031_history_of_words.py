"""The queue shows proposals of confirmed members; ended registrations stay known; what has expired is purged."""

from alembic import op

from eligibility_api.database.migrations.script import statements

revision = "0031"
down_revision = "0030"

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

# Rule T9, as functions of the owner: the job runner's role deletes nothing but what has expired. The days are days in
# Japan. Medical information is deleted in the order in which it was received, of which the keys are.
PURGES = (
    "CREATE INDEX contested_claim_of_member ON contested_claim (entitlement)",
    """
CREATE FUNCTION purge_enrolments(after bigint, step integer)
RETURNS TABLE (upto bigint, members bigint, versions bigint)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH page AS MATERIALIZED (
        SELECT t.entitlement FROM entitlement t WHERE t.entitlement > after ORDER BY t.entitlement LIMIT step
    ),
    expired AS MATERIALIZED (
        SELECT p.entitlement
        FROM page p
        CROSS JOIN LATERAL (
            SELECT bool_and(coalesce(o.published_at < now() - interval '10 years', v.closed_by = v.opened_by, false)
                            AND coalesce(c.published_at < now() - interval '10 years', v.closed_by IS NULL OR v.closed_by = v.opened_by)
                            AND (c.revision IS NOT NULL
                                 OR coalesce(v.lost_on <= ((now() AT TIME ZONE 'Asia/Tokyo') - interval '10 years')::date, false)))
                AS all_of_them
            FROM (SELECT x.* FROM enrolment x WHERE x.entitlement = p.entitlement OFFSET 0) v
            JOIN revision o ON o.revision = v.opened_by
            LEFT JOIN revision c ON c.revision = v.closed_by
        ) k
        WHERE k.all_of_them AND pg_try_advisory_xact_lock(p.entitlement)
    ),
    tickets AS (DELETE FROM medical_ticket WHERE entitlement = ANY (ARRAY(SELECT e.entitlement FROM expired e))),
    numbers AS (DELETE FROM reference_number WHERE entitlement = ANY (ARRAY(SELECT e.entitlement FROM expired e))),
    applications AS (DELETE FROM paper_application WHERE entitlement = ANY (ARRAY(SELECT e.entitlement FROM expired e))),
    claims AS (DELETE FROM contested_claim WHERE entitlement = ANY (ARRAY(SELECT e.entitlement FROM expired e))),
    purged AS (DELETE FROM enrolment WHERE entitlement = ANY (ARRAY(SELECT e.entitlement FROM expired e)) RETURNING 1),
    members AS (DELETE FROM entitlement WHERE entitlement = ANY (ARRAY(SELECT e.entitlement FROM expired e)) RETURNING 1)
    SELECT (SELECT max(p.entitlement) FROM page p), (SELECT count(*) FROM members), (SELECT count(*) FROM purged)
$$
""",
    """
CREATE FUNCTION purge_medical(step integer) RETURNS TABLE (claims bigint, checkups bigint, entries bigint)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH reach AS MATERIALIZED (
        SELECT (date_trunc('month', now() AT TIME ZONE 'Asia/Tokyo') - interval '61 months') AT TIME ZONE 'Asia/Tokyo' AS first
    ),
    claims AS (
        DELETE FROM claim WHERE claim = ANY (ARRAY(
            SELECT o.claim
            FROM (SELECT c.claim, c.file_id FROM claim c WHERE c.claim > 0 ORDER BY c.claim LIMIT step) o
            JOIN claim_file f ON f.file_id = o.file_id
            WHERE f.received_at < (SELECT r.first FROM reach r)))
        RETURNING 1
    ),
    checkups AS (
        DELETE FROM health_checkup WHERE checkup = ANY (ARRAY(
            SELECT o.checkup
            FROM (SELECT h.checkup, h.known_from FROM health_checkup h WHERE h.checkup > 0 ORDER BY h.checkup LIMIT step) o
            WHERE o.known_from < (SELECT r.first FROM reach r)))
        RETURNING 1
    ),
    entries AS (
        DELETE FROM prescription_entry WHERE entry = ANY (ARRAY(
            SELECT o.entry
            FROM (SELECT p.entry, p.known_from FROM prescription_entry p WHERE p.entry > 0 ORDER BY p.entry LIMIT step) o
            WHERE o.known_from < (SELECT r.first FROM reach r)))
        RETURNING 1
    )
    SELECT (SELECT count(*) FROM claims), (SELECT count(*) FROM checkups), (SELECT count(*) FROM entries)
$$
""",
    "REVOKE ALL ON FUNCTION purge_enrolments(bigint, integer), purge_medical(integer) FROM PUBLIC",
    "GRANT EXECUTE ON FUNCTION purge_enrolments(bigint, integer), purge_medical(integer) TO shikaku_jobs",
)


def upgrade() -> None:
    """Replace the index; add the history with its triggers, and what deletes expired data."""
    for part in (QUEUE, ENDS):
        for statement in statements(part):
            op.execute(statement)
    for statement in (*TRIGGERS, *PURGES):
        op.execute(statement)
