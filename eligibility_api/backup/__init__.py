"""Backups of the embedded database: made while it serves, restored to an instant, verified by restoring."""
