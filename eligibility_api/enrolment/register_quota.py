"""Limits the members of single calls whom the resident register does not identify (rule N4).

Each query is reserved before the register is asked, and counted once it is known whether it found the member.
Queries in progress use the limit up: so however many run at once, no more than the limit can be wrong.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from eligibility_api.contract.errors import ShikakuError
from eligibility_api.database.connections import Database

_RETRY_SECONDS = 1
"""When to try again if only queries in progress use the limit up."""

# Not waiting for the disk: after a crash the database has forgotten the reservations of calls that it has ended, and
# the calls of one insurer do not wait for each other's commits.
_WITHOUT_WAITING = text("SELECT set_config('synchronous_commit', 'off', true)")

_RESERVE = text("""
INSERT INTO mismatch_count AS m (insurer_number, hour, mismatches, pending)
SELECT :insurer, date_trunc('hour', now()), 0, 1 WHERE :limit > 0
ON CONFLICT (insurer_number, hour) DO UPDATE SET pending = m.pending + 1
WHERE m.mismatches + m.pending < :limit
RETURNING hour
""")

_STATE = text("""
SELECT coalesce(max(mismatches), 0) >= :limit AS used_up,
       extract(epoch FROM date_trunc('hour', now()) + interval '1 hour' - now()) AS seconds_left
FROM mismatch_count WHERE insurer_number = :insurer AND hour = date_trunc('hour', now())
""")

_COUNT = text("""
UPDATE mismatch_count SET pending = pending - 1, mismatches = mismatches + :missed
WHERE insurer_number = :insurer AND hour = :hour
""")


async def reserve(database: Database, insurer_number: str, limit: int) -> datetime:
    """Reserve a query to the register; returns the hour in which it counts. Raises `mismatch-limit`."""
    async with database.transaction() as connection:
        await connection.execute(_WITHOUT_WAITING)
        named = {"insurer": insurer_number, "limit": limit}
        hour: datetime | None = (await connection.execute(_RESERVE, named)).scalar_one_or_none()
        if hour is None:
            raise ShikakuError("mismatch-limit", retry_after=await _seconds_to_wait(connection, named))
        return hour


async def _seconds_to_wait(connection: AsyncConnection, named: dict[str, object]) -> int:
    row = (await connection.execute(_STATE, named)).one()
    return int(row.seconds_left) + 1 if row.used_up else _RETRY_SECONDS


async def count(database: Database, insurer_number: str, hour: datetime, *, missed: bool) -> None:
    """End a reserved query, and count it if the register did not identify the member."""
    async with database.transaction() as connection:
        await connection.execute(_WITHOUT_WAITING)
        values = {"insurer": insurer_number, "hour": hour, "missed": int(missed)}
        await connection.execute(_COUNT, values)
