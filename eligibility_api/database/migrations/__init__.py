"""The database's history (alembic).

Written in SQL: partitions, ranges, exclusions and rights have no other words.
"""
