"""All items of a member: those of an answer, protection flags, mismatches with the resident register; kinds of revision."""

from alembic import op

from eligibility_api.database.migrations.script import statements

revision = "0002"
down_revision = "0001"

ENROLMENT = """
-- A look-up without a branch searches by a prefix; a wrong birth date costs the same as a wrong number.
ALTER TABLE entitlement
    DROP CONSTRAINT entitlement_insurer_number_number_key_symbol_key_branch_key_key,
    ADD CONSTRAINT entitlement_once UNIQUE (insurer_number, number_key, symbol_key, birth_date, branch_key);

-- The person of a certificate is read at every card check: by an index-only scan.
ALTER TABLE binding
    DROP CONSTRAINT binding_renewed_authority_renewed_serial_fkey,
    DROP CONSTRAINT binding_pkey,
    ADD PRIMARY KEY (authority, serial) INCLUDE (person_key),
    ADD FOREIGN KEY (renewed_authority, renewed_serial) REFERENCES binding (authority, serial);

ALTER TABLE enrolment
    DROP CONSTRAINT enrolment_check2,
    DROP CONSTRAINT enrolment_register_match_check,
    ADD CHECK (register_match IN ('one', 'none', 'ambiguous', 'other')),
    ADD mismatch                text NOT NULL DEFAULT 'none' CHECK (mismatch IN ('none', 'open', 'confirmed')),
    ADD insured_name            text,
    ADD insured_birth_date      date,
    ADD name_alias              text,
    ADD name_alias_kana         text,
    ADD sex_on_certificate      text,
    ADD issued_on               date,
    ADD valid_from              date,
    ADD valid_to                date,
    ADD burden_ratio            smallint,
    ADD elderly_certificate     jsonb,
    ADD limit_certificate       jsonb,
    ADD specific_diseases       jsonb,
    ADD nondisclosure           boolean NOT NULL DEFAULT false,
    ADD self_disclosure_blocked boolean NOT NULL DEFAULT false,
    -- Digest of the insurer's items: detects an unchanged member without comparing every item.
    ADD digest                  bytea;

-- Versions without a match in the register from before the mismatch queue existed join it.
UPDATE enrolment SET mismatch = 'open' WHERE person_key IS NULL;
ALTER TABLE enrolment ADD CHECK (person_key IS NOT NULL OR mismatch <> 'none');

ALTER TABLE revision
    ADD kind   text NOT NULL DEFAULT 'single' CHECK (kind IN ('single', 'file', 'undo', 'tickets')),
    ADD undoes bigint REFERENCES revision;
CREATE INDEX revision_of_insurer ON revision (insurer_number, published_at, revision);
CREATE INDEX enrolment_opened_by ON enrolment (opened_by);
CREATE INDEX enrolment_closed_by ON enrolment (closed_by) WHERE closed_by IS NOT NULL;
CREATE INDEX enrolment_of_entitlement ON enrolment (entitlement);

-- Past knowledge is immutable: no version is closed by a published revision, or reopened. An unpublished closure can be
-- withdrawn: a change of one member wins over a file in preparation.
CREATE OR REPLACE FUNCTION enrolment_closes_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM revision WHERE revision IN (OLD.closed_by, NEW.closed_by) AND published_at IS NOT NULL) THEN
        RAISE EXCEPTION 'a closed version stays closed by the revision that closed it' USING ERRCODE = '42501';
    END IF;
    RETURN NEW;
END $$;
DROP TRIGGER enrolment_closes_once ON enrolment;
CREATE TRIGGER enrolment_closes_once BEFORE UPDATE ON enrolment
    FOR EACH ROW EXECUTE FUNCTION enrolment_closes_once();

-- The instant of a published revision is fixed for the programs' roles.
CREATE FUNCTION revision_shows_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a published revision stays published as it was' USING ERRCODE = '42501';
END $$;
CREATE TRIGGER revision_shows_once BEFORE UPDATE ON revision
    FOR EACH ROW WHEN (OLD.published_at IS NOT NULL AND current_user IN ('shikaku_api', 'shikaku_jobs'))
    EXECUTE FUNCTION revision_shows_once();
"""

AUDIT = """
ALTER TABLE audit_record
    ADD asked    bigint[],
    ADD tickets  bigint[],
    ADD consents text[];
"""

RIGHTS = """
GRANT SELECT ON facility, insurer, client, revision, entitlement, enrolment, binding TO shikaku_jobs;
REVOKE INSERT ON revision FROM shikaku_api;
GRANT INSERT (insurer_number, client_id, kind, undoes) ON revision TO shikaku_api;
GRANT INSERT ON entitlement, enrolment, audit_record TO shikaku_jobs;
GRANT UPDATE (closed_by) ON enrolment TO shikaku_jobs;
GRANT UPDATE (published_at) ON revision TO shikaku_jobs;
"""


def upgrade() -> None:
    """Add the columns, indexes and rights."""
    for part in (ENROLMENT, AUDIT, RIGHTS):
        for statement in statements(part):
            op.execute(statement)
