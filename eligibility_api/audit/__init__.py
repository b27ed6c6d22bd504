"""Audit: the append-only record, and computing answers again from it."""
