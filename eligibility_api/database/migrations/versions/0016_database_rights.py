"""Leave each database role the least rights that the program's statements need; `docs/database-rights.toml` lists them.

An id, an instant or a number that the database makes is never written by a role, so that no insert can be dated: the
newest audit record is the clock of all permits.
"""

from alembic import op

from eligibility_api.database.migrations.script import statements

revision = "0016"
down_revision = "0015"

# The programs append records and read back those of their own transaction, but cannot list the ids of others: with an id
# and the facility's code, `answer_record` and `identified_by` return whom the record is about.
AUDIT_RECORD = """
REVOKE INSERT ON audit_record FROM shikaku_api, shikaku_jobs;
GRANT INSERT (kind, outcome, client_id, institution_code, insurer_number, facility_kind, operator, authority, serial, person_key,
              challenge, as_of, enrolments, rule_version, known_version, detail, matched_entitlements, tickets, consents)
    ON audit_record TO shikaku_api, shikaku_jobs;

ALTER TABLE audit_record ENABLE ROW LEVEL SECURITY;
CREATE POLICY program_appends ON audit_record FOR INSERT TO shikaku_api, shikaku_jobs WITH CHECK (true);
CREATE POLICY program_reads_its_transaction ON audit_record FOR SELECT TO shikaku_api, shikaku_jobs
    USING (recorded_at = fund_clock());
CREATE POLICY auditor_reads_all ON audit_record FOR SELECT TO shikaku_auditor USING (true);

-- It reads the newest record whoever asks.
CREATE OR REPLACE FUNCTION window_clock() RETURNS timestamptz
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT greatest(fund_clock(), (SELECT recorded_at FROM audit_record ORDER BY record_id DESC LIMIT 1))
$$;
"""

# A version is part of a revision that is not published yet, and a revision is not published in the past: what was known
# stays as it was. The first rule is checked for the API only: the job runner inserts millions of versions.
REVISIONS = """
CREATE OR REPLACE FUNCTION enrolment_closes_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Qualified: a temporary table of the same name would be found first.
    IF EXISTS (SELECT FROM public.revision r
               WHERE r.revision IN (OLD.closed_by, NEW.closed_by) AND r.published_at IS NOT NULL) THEN
        RAISE EXCEPTION 'a version closed by a published revision cannot be changed' USING ERRCODE = '42501';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION version_opens_unpublished() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM public.revision r WHERE r.revision = NEW.opened_by AND r.published_at IS NOT NULL) THEN
        RAISE EXCEPTION 'no version can be added to a published revision' USING ERRCODE = '42501';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER enrolment_opens_unpublished BEFORE INSERT ON enrolment
    FOR EACH ROW WHEN (current_user = 'shikaku_api') EXECUTE FUNCTION version_opens_unpublished();
CREATE TRIGGER ticket_opens_unpublished BEFORE INSERT ON medical_ticket
    FOR EACH ROW WHEN (current_user = 'shikaku_api') EXECUTE FUNCTION version_opens_unpublished();

CREATE OR REPLACE FUNCTION revision_published_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a revision is published once, and not in the past' USING ERRCODE = '42501';
END $$;
DROP TRIGGER revision_published_once ON revision;
CREATE TRIGGER revision_published_once BEFORE UPDATE ON revision
    FOR EACH ROW WHEN ((OLD.published_at IS NOT NULL OR NEW.published_at < now())
                       AND current_user IN ('shikaku_api', 'shikaku_jobs'))
    EXECUTE FUNCTION revision_published_once();
"""

# PostgreSQL lets everybody execute a new function.
FUNCTIONS = """
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
REVOKE ALL ON FUNCTION fund_clock(), window_clock(), enrolment_closes_once(), revision_published_once(),
                       version_opens_unpublished() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION fund_clock() TO shikaku_api, shikaku_jobs;
GRANT EXECUTE ON FUNCTION window_clock() TO shikaku_api;
REVOKE ALL ON FUNCTION facilities_answered_with(bigint[], bigint[]) FROM shikaku_jobs;
"""

# A revoked right of a table ends that of its columns too.
TABLES = """
REVOKE SELECT ON alembic_version FROM shikaku_jobs, shikaku_auditor;

REVOKE SELECT, INSERT ON binding FROM shikaku_api;
GRANT SELECT (authority, serial, person_key, bound_at, not_after),
      INSERT (authority, serial, person_key, basis, renewed_authority, renewed_serial, not_after, record_id)
    ON binding TO shikaku_api;
REVOKE SELECT ON binding, client, facility FROM shikaku_jobs;

REVOKE INSERT ON entitlement FROM shikaku_api, shikaku_jobs;
GRANT INSERT (insurer_number, symbol_key, number_key, branch_key, birth_date) ON entitlement TO shikaku_api, shikaku_jobs;

REVOKE INSERT ON enrolment FROM shikaku_api, shikaku_jobs;
GRANT INSERT (entitlement, opened_by, person_key, register_match, mismatch, insurer_name, certificate_kind, symbol, number,
              branch, relationship, name, name_kana, sex, birth_date, postal_code, address, acquired_on, lost_on,
              reason_of_loss, insured_name, insured_birth_date, name_alias, name_alias_kana, sex_on_certificate, issued_on,
              valid_from, valid_to, burden_ratio, elderly_certificate, limit_certificate, specific_diseases,
              nondisclosure, self_disclosure_blocked, digest)
    ON enrolment TO shikaku_api, shikaku_jobs;

REVOKE INSERT ON medical_ticket FROM shikaku_api;
GRANT INSERT (entitlement, opened_by, ticket_type, month, institution_code, institution_name, treatment,
              single_or_combined, valid_from, valid_to, issue_number, self_pay)
    ON medical_ticket TO shikaku_api;

REVOKE INSERT ON batch_check, batch_row, idempotency, upload, upload_decision, claim_file, health_checkup, prescription_entry
    FROM shikaku_api;
GRANT INSERT (institution_code, client_id, as_of, rows, kept_until) ON batch_check TO shikaku_api;
GRANT INSERT (batch_id, row, request) ON batch_row TO shikaku_api;
GRANT INSERT (insurer_number, key, digest, answer, revision) ON idempotency TO shikaku_api;
GRANT INSERT (revision, insurer_number, client_id, format, encoding, scope, bad_rows, publish, state, parts, skipped,
              cleaned_up) ON upload TO shikaku_api;
GRANT INSERT (upload_id, revision, decision, client_id, reason) ON upload_decision TO shikaku_api;
GRANT INSERT (insurer_number, client_id, state, parts, cleaned_up) ON claim_file TO shikaku_api;
GRANT INSERT (insurer_number, symbol_key, number_key, branch_key, birth_date, examined_on, items, client_id, known_from)
    ON health_checkup TO shikaku_api;
GRANT INSERT (entry_id, origin, person_key, matched_entitlements, institution_code, prescribed_on, dispensed_on,
              prescriber_code, prescriber_name, content, known_from, client_id, operator, record_id, idempotency_key, digest)
    ON prescription_entry TO shikaku_api;

REVOKE INSERT ON contested_claim FROM shikaku_api, shikaku_jobs;
GRANT INSERT (insurer_number, entitlement, revision) ON contested_claim TO shikaku_api, shikaku_jobs;

REVOKE SELECT ON permit, permit_end FROM shikaku_api;
GRANT SELECT (permit_id, basis, person_key, matched_entitlements, institution_code, care, categories, given_at, until,
              operator, reason) ON permit TO shikaku_api;
GRANT SELECT (permit_id, ended_at, reason) ON permit_end TO shikaku_api;

REVOKE UPDATE ON visual_check_count FROM shikaku_api;
GRANT UPDATE (checks) ON visual_check_count TO shikaku_api;

REVOKE UPDATE ON authority, revoked_certificate, lookup_count, lookup_count_progress, upload, claim_file FROM shikaku_jobs;
GRANT UPDATE (crl_number, crl_sha256, this_update, next_update, checked_at) ON authority TO shikaku_jobs;
GRANT UPDATE (status, revoked_at) ON revoked_certificate TO shikaku_jobs;
GRANT UPDATE (lookups) ON lookup_count TO shikaku_jobs;
GRANT UPDATE (last_record_id) ON lookup_count_progress TO shikaku_jobs;
GRANT UPDATE (state, refusal, report, withheld, checked_at, prepared, skipped, undo_revision, undo_report, retry_at, cleaned_up)
    ON upload TO shikaku_jobs;
GRANT UPDATE (state, refusal, report, stored, unmatched, replacing, known_from, retry_at, cleaned_up)
    ON claim_file TO shikaku_jobs;

REVOKE INSERT, DELETE ON claim_fault FROM shikaku_jobs;
GRANT INSERT (file_id, line, record, field, name, claim, code, shape) ON claim_fault TO shikaku_jobs;
REVOKE INSERT ON claim, upload_fault FROM shikaku_jobs;
GRANT INSERT (file_id, insurer_number, symbol_key, number_key, branch_key, birth_date, kind, setting, institution_code,
              treatment_month, claim_month, due_at, identity, content) ON claim TO shikaku_jobs;
GRANT INSERT (upload_id, row, column_name, code, shape, enrolment_id) ON upload_fault TO shikaku_jobs;
"""


def upgrade() -> None:
    """Revoke what no statement needs; bind records and versions to the present."""
    for part in (AUDIT_RECORD, REVISIONS, FUNCTIONS, TABLES):
        for statement in statements(part):
            op.execute(statement)
