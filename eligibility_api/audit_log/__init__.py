"""The append-only audit log: its table, and appending to it."""
