"""Deletes members whose insurance ended more than ten years ago (rule T9): the database's function decides which."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import text

from eligibility_api.database.connections import Database
from eligibility_api.enrolment.store import record

MEMBERS_PER_STEP = 1_000
"""Entitlements that one transaction judges."""

_PURGE = text("SELECT upto, members, versions FROM purge_enrolments(:after, :step)")


@dataclass(slots=True)
class EnrolmentPurge:
    """A walk over all members. Interrupted, it goes on where it was."""

    after: int = 0
    """The last entitlement that was judged."""

    async def run(self, database: Database) -> int:
        """Walk on to the end, and return the number of members deleted. Each step that deletes leaves a record."""
        deleted = 0
        upto: int | None = self.after
        while upto is not None:
            async with database.step() as connection:
                asked = {"after": self.after, "step": MEMBERS_PER_STEP}
                upto, members, versions = (await connection.execute(_PURGE, asked)).one()
                if members:
                    detail = {"members": members, "versions": versions}
                    await record(
                        connection, {"kind": "enrolment.purged", "outcome": "done", "detail": detail}
                    )
            deleted += members
            self.after = upto or 0
        return deleted
