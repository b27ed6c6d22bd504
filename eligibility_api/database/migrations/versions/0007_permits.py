"""Tables of permits: consents with their evidence, emergencies, disaster mode, and the ends of permits."""

from alembic import op

from eligibility_api.database.migrations.script import statements

revision = "0007"
down_revision = "0006"

# The clock for the validity of permits. Setting the system clock back does not reopen a permit: the newest record counts
# too. A record's id begins with its creation time in milliseconds, so the greatest id is the newest record.
CLOCK = """
CREATE FUNCTION fund_clock() RETURNS timestamptz LANGUAGE sql STABLE AS 'SELECT now()';

CREATE FUNCTION window_clock() RETURNS timestamptz LANGUAGE sql STABLE AS $$
    SELECT greatest(fund_clock(), (SELECT recorded_at FROM audit_record ORDER BY record_id DESC LIMIT 1))
$$;
"""

PERMITS = """
CREATE TABLE permit (
    permit_id        uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    basis            text NOT NULL CHECK (basis IN ('pin', 'visual-check', 'emergency', 'disaster')),
    person_key       bytea NOT NULL,
    -- Without consent: the memberships that identified the person; null: the card did. Their person may be corrected later.
    asked            bigint[],
    institution_code text NOT NULL REFERENCES facility,
    client_id        uuid NOT NULL REFERENCES client,
    care             text NOT NULL CHECK (care IN ('1', '2', '3', '4')),
    categories       text[] NOT NULL CHECK (cardinality(categories) > 0),
    given_at         timestamptz NOT NULL,
    -- The first instant at which it no longer grants access; null: valid until withdrawn.
    until            timestamptz CHECK (until > given_at AND until <= given_at + interval '24 hours'),
    operator         text,
    -- Why there is no consent: reason, note, the patient's statement, the disaster.
    reason           jsonb,
    record_id        uuid NOT NULL,
    CHECK ((until IS NULL) = (care = '2')),
    CHECK ((reason IS NULL) = (basis IN ('pin', 'visual-check')))
);
CREATE INDEX permit_of_person ON permit (person_key, given_at);

-- The evidence that proves a consent without the fund.
CREATE TABLE consent_evidence (
    permit_id       uuid PRIMARY KEY REFERENCES permit,
    statement       jsonb NOT NULL,
    words           text NOT NULL,
    -- The fund's name in the signed bytes, as it was then.
    audience        text NOT NULL,
    presence_record uuid NOT NULL,
    challenge       text NOT NULL,
    certificate     bytea NOT NULL,
    signature       bytea NOT NULL,
    revocation      jsonb NOT NULL
);

-- Inserted once per permit, and never changed.
CREATE TABLE permit_end (
    permit_id uuid PRIMARY KEY REFERENCES permit,
    ended_at  timestamptz NOT NULL,
    reason    text NOT NULL CHECK (reason IN ('0', '1', '2', '3')),
    client_id uuid NOT NULL REFERENCES client,
    record_id uuid NOT NULL
);
"""

# Staff named by a facility's administrator: authorised for medical information without being a doctor, dentist or
# pharmacist, or for emergencies with a second factor, whose secret is encrypted under a key outside the database.
OPERATORS = """
CREATE TABLE facility_operator (
    institution_code text NOT NULL REFERENCES facility,
    operator         text NOT NULL,
    authorised_by    text NOT NULL,
    medical          boolean NOT NULL,
    emergency        boolean NOT NULL,
    totp_secret      bytea,
    registered_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    ended_at         timestamptz,
    CHECK (NOT emergency OR totp_secret IS NOT NULL)
);
CREATE UNIQUE INDEX facility_operator_once ON facility_operator (institution_code, operator) WHERE ended_at IS NULL;

CREATE TABLE disaster (
    disaster_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- 都道府県番号, the first two digits of institution codes.
    prefectures text[] NOT NULL CHECK (cardinality(prefectures) > 0),
    reason      text NOT NULL,
    opened_by   text NOT NULL,
    opened_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    closes_at   timestamptz NOT NULL,
    closed_at   timestamptz,
    CHECK (closes_at > opened_at)
);

-- Wrong one-time passwords per operator and hour, for the rate limit.
CREATE TABLE second_factor_miss (
    institution_code text NOT NULL REFERENCES facility,
    operator         text NOT NULL,
    hour             timestamptz NOT NULL,
    misses           integer NOT NULL,
    PRIMARY KEY (institution_code, operator)
);

-- In disaster mode a person is searched by birth date and other items. The index is on memberships, not on their versions,
-- so that only a new member costs it, not every change (measured: 74 bytes of WAL and 14 of index per row, and 0.6 to 4.8
-- microseconds on about 20).
CREATE INDEX entitlement_born_on ON entitlement (birth_date);

-- Actions of the fund's own operators have no client.
ALTER TABLE audit_record ALTER client_id DROP NOT NULL;
"""

# The API may not read the audit log. This returns the person that an answer to the facility identified, and the proof.
IDENTIFIED = """
CREATE FUNCTION identified_by(id uuid, facility text) RETURNS TABLE (
    client_id uuid, recorded_at timestamptz, kind text, person_key bytea, authority bytea, serial bytea, asked bigint[]
)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT r.client_id, r.recorded_at, r.kind, r.person_key, r.authority, r.serial, r.asked
    FROM audit_record r
    WHERE r.record_id = id AND r.institution_code = facility AND r.person_key IS NOT NULL
      AND r.kind IN ('eligibility.card', 'eligibility.visual-check', 'eligibility.number',
                     'eligibility.consent-pin', 'eligibility.consent-visual-check')
      AND r.outcome = 'answered'
      -- What was known at an instant may be a mix-up that was mended since.
      AND NOT coalesce(r.detail ? 'known_at', false)
$$;
REVOKE ALL ON FUNCTION identified_by(uuid, text) FROM PUBLIC;
"""

RIGHTS = """
GRANT SELECT, INSERT ON permit, permit_end TO shikaku_api;
GRANT INSERT ON consent_evidence TO shikaku_api;
GRANT SELECT ON facility_operator, disaster TO shikaku_api;
GRANT SELECT, INSERT ON second_factor_miss TO shikaku_api;
GRANT UPDATE (hour, misses) ON second_factor_miss TO shikaku_api;
GRANT SELECT, DELETE ON second_factor_miss TO shikaku_jobs;
GRANT EXECUTE ON FUNCTION identified_by(uuid, text) TO shikaku_api;
GRANT SELECT ON permit, permit_end, consent_evidence, disaster TO shikaku_auditor;
"""


def upgrade() -> None:
    """Create the tables, functions and rights."""
    for part in (CLOCK, PERMITS, OPERATORS, IDENTIFIED, RIGHTS):
        for statement in statements(part):
            op.execute(statement)
