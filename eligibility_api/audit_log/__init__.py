"""The append-only audit record: its table."""
