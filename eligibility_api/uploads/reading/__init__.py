"""Parses member files: from bytes to records and faults. Nothing here accesses the database."""
