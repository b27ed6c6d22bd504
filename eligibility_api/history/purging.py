"""Deletes claims, check-ups and prescriptions that no history reaches any more (rule T11)."""

from __future__ import annotations

from sqlalchemy import text

from eligibility_api.database.connections import Database
from eligibility_api.enrolment.store import record

ROWS_PER_STEP = 1_000
"""Rows of each table that one transaction deletes at most."""

_PURGE = text("SELECT claims, checkups, entries FROM purge_medical(:step)")


async def purge_medical(database: Database) -> int:
    """Delete all of it, the oldest first, and return how many rows. Each step that deletes leaves a record."""
    deleted, left = 0, True
    while left:
        async with database.step() as connection:
            row = (await connection.execute(_PURGE, {"step": ROWS_PER_STEP})).one()
            if left := any(row):
                detail = dict(row._mapping)
                await record(connection, {"kind": "history.purged", "outcome": "done", "detail": detail})
        deleted += sum(row)
    return deleted
