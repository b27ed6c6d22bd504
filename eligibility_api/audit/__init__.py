"""Audit: recomputing earlier answers from the append-only record, and what was known at an instant."""
