"""Client certificates as a part of a client's admission."""

from alembic import op

revision = "0039"
down_revision = "0038"


def upgrade() -> None:
    """Add the thumbprints of a client's certificates: none for every client that exists."""
    op.execute(
        "ALTER TABLE client ADD COLUMN certificates text[] NOT NULL DEFAULT '{}'"
        " CONSTRAINT client_certificates CHECK (cardinality(certificates) <= 2"
        " AND array_position(certificates, NULL) IS NULL)"
    )
