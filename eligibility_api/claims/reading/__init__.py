"""From the bytes of a receipt file to receipts and faults. Nothing here knows the database."""
