"""Store the evidence of a consent in its row, not in TOAST.

A row has 2.6 kB, of which nearly half is a certificate, which cannot be compressed. With PostgreSQL's default target (2 kB)
each consent tried to compress it all the same, and then wrote the certificate to the TOAST table and its index.
"""

from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Raise the TOAST target."""
    op.execute("ALTER TABLE consent_evidence SET (toast_tuple_target = 4080)")
