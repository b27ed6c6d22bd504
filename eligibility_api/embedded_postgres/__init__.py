"""The embedded PostgreSQL server: used when no `DATABASE_URL` is set, and by every test."""
