"""Access to PostgreSQL: connections, transactions, errors and migrations."""
