"""Consents that a person gives on her own page: a basis of their own, and where the page's code was made."""

from alembic import op

from eligibility_api.database.migrations.script import statements

revision = "0038"
down_revision = "0037"

# Not validated: every row that exists has satisfied the narrower constraint.
PERMITS = """
ALTER TABLE permit DROP CONSTRAINT permit_basis_check,
    ADD CONSTRAINT permit_basis_check
        CHECK (basis IN ('pin', 'visual-check', 'own-access', 'emergency', 'disaster')) NOT VALID,
    -- For an appointment's day, from no client, with what she was shown.
    ADD CONSTRAINT permit_of_own_access CHECK (
        basis <> 'own-access' OR care = '3' AND until IS NOT NULL AND client_id IS NULL AND operator IS NULL
                                 AND reason ? 'statement') NOT VALID;
"""

SESSION = """
DROP FUNCTION own_session(bytea);
CREATE FUNCTION own_session(session bytea) RETURNS TABLE (
    access_id uuid, person_key bytea, authority bytea, serial bytea, facility_name text, made_at timestamptz,
    until timestamptz, made_at_institution text
)
LANGUAGE sql STABLE ROWS 1 SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT a.access_id, a.person_key, a.authority, a.serial, f.name, a.made_at, a.session_until, a.institution_code
    FROM own_access a JOIN facility f USING (institution_code)
    WHERE a.session_digest = session AND a.ended_at IS NULL AND a.session_until > now()
$$;
GRANT EXECUTE ON FUNCTION own_session(bytea) TO shikaku_api;
"""

# Whether a facility has a terminal that may read consents. Its condition keeps the statements that find a client by its id
# from this index.
CLIENTS = """
CREATE INDEX client_of_facility ON client (institution_code) WHERE closed_at IS NULL AND rights @> '{consent}';
"""


def upgrade() -> None:
    """Widen the constraint, add one for the new basis, let a session know its facility, and find clients by theirs."""
    for part in (PERMITS, SESSION, CLIENTS):
        for statement in statements(part):
            op.execute(statement)
