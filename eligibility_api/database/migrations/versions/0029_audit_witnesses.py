"""Cosignatures of witnesses on the audit log's checkpoints, and whether a record names a facility or insurer."""

from alembic import op

from eligibility_api.database.migrations.script import statements

revision = "0029"
down_revision = "0028"

COSIGNATURES = """
CREATE TABLE audit_cosignature (
    tree_size bigint NOT NULL CHECK (tree_size >= 0),
    name      text NOT NULL CHECK (length(name) <= 200),
    key_id    bytea NOT NULL CHECK (octet_length(key_id) = 4),
    signature bytea NOT NULL CHECK (octet_length(signature) = 72),
    added_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (tree_size, name, key_id)
);
SELECT audit_protect('audit_cosignature'::regclass);
GRANT SELECT ON audit_cosignature TO shikaku_api, shikaku_auditor, shikaku_jobs;
GRANT INSERT (tree_size, name, key_id, signature) ON audit_cosignature TO shikaku_jobs;
GRANT SELECT ON audit_checkpoint, audit_tile TO shikaku_jobs;
GRANT SELECT (leaf_index, commitment) ON audit_leaf TO shikaku_jobs;

CREATE FUNCTION record_names(id uuid, facility text, insurer text) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT EXISTS (
        SELECT FROM audit_record r
        WHERE r.record_id = id AND (r.institution_code = facility OR r.insurer_number = insurer)
    )
$$;
REVOKE ALL ON FUNCTION record_names(uuid, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION record_names(uuid, text, text) TO shikaku_api;
"""


def upgrade() -> None:
    """Create the table and the function."""
    for statement in statements(COSIGNATURES):
        op.execute(statement)
