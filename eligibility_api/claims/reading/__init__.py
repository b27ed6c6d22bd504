"""Parses claim files: from bytes to claims and faults. Nothing here accesses the database."""
