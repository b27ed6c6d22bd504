"""Emergencies at hospitals only; disasters by area; applications for paper certificates; ends of registrations."""

from alembic import op

from eligibility_api.database.migrations.script import statements

revision = "0023"
down_revision = "0022"

EMERGENCY = """
UPDATE client c SET rights = array_remove(c.rights, 'emergency')
FROM facility f
WHERE f.institution_code = c.institution_code AND f.kind <> 'hospital' AND 'emergency' = ANY (c.rights);
"""

# A disaster's areas are prefectures (13), municipalities (13+01) and single facilities (a whole code).
DISASTER = """
ALTER TABLE disaster RENAME prefectures TO areas;
ALTER TABLE disaster RENAME CONSTRAINT disaster_prefectures_check TO disaster_areas_check;

-- A search in a disaster identifies a person as an answer by number does.
CREATE OR REPLACE FUNCTION identified_by(id uuid, facility text) RETURNS TABLE (
    client_id uuid, recorded_at timestamptz, kind text, person_key bytea, authority bytea, serial bytea,
    matched_entitlements bigint[]
)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT r.client_id, r.recorded_at, r.kind, r.person_key, r.authority, r.serial, r.matched_entitlements
    FROM audit_record r
    WHERE r.record_id = id AND r.institution_code = facility AND r.person_key IS NOT NULL
      AND r.kind IN ('eligibility.card', 'eligibility.visual-check', 'eligibility.number',
                     'eligibility.consent-pin', 'eligibility.consent-visual-check', 'disaster.search')
      AND r.outcome = 'answered'
      -- Data as known at an earlier instant may be a mismatch that has been resolved since.
      AND NOT coalesce(r.detail ? 'known_at', false)
$$;
"""

PAPER = """
CREATE TABLE paper_application (
    application_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    entitlement    bigint NOT NULL REFERENCES entitlement,
    reason         text NOT NULL CHECK (reason IN ('needs-help', 'card-returned', 'card-lost')),
    applied_at     timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX paper_application_of_member ON paper_application (entitlement, applied_at);
GRANT SELECT, INSERT (entitlement, reason) ON paper_application TO shikaku_api;

-- The first instant at which a deregistration has ended the registration. Read at every card check with the person: from
-- the index alone.
ALTER TABLE binding ADD ends_at timestamptz;
ALTER TABLE binding
    DROP CONSTRAINT binding_renewed_authority_renewed_serial_fkey,
    DROP CONSTRAINT binding_pkey,
    ADD PRIMARY KEY (authority, serial) INCLUDE (person_key, ends_at),
    ADD FOREIGN KEY (renewed_authority, renewed_serial) REFERENCES binding (authority, serial);
GRANT SELECT (ends_at), INSERT (ends_at), UPDATE (ends_at) ON binding TO shikaku_api;
"""


def upgrade() -> None:
    """Take the right from others than hospitals; change and create tables, functions and rights."""
    for part in (EMERGENCY, DISASTER, PAPER):
        for statement in statements(part):
            op.execute(statement)
