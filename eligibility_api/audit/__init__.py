"""Audit: the append-only record, earlier answers shown again, and computing answers again from it."""
