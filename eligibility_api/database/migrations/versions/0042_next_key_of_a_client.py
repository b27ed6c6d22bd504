"""A client's next key, accepted beside its present one, so that a rotation interrupts nothing."""

from alembic import op

revision = "0042"
down_revision = "0041"
phase = "expand"


def upgrade() -> None:
    """Add the key: none for every client that exists."""
    op.execute("ALTER TABLE client ADD COLUMN next_public_key jsonb")
