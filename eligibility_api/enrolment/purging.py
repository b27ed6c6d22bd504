"""Deletes members whose insurance ended more than ten years ago (rule T9): the database's function decides which."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text

from eligibility_api.database.connections import Database
from eligibility_api.domain.number_ranges import ranges
from eligibility_api.enrolment.store import record

MEMBERS_PER_STEP = 1_000
"""Entitlements that one transaction judges."""

VERSIONS_PER_RECORD = 20_000
"""Versions that one record names, so that it stays a line of an export."""

_PURGE = text("SELECT upto, members, versions FROM purge_enrolments(:after, :step)")


@dataclass(slots=True)
class EnrolmentPurge:
    """A walk over all members. Interrupted, it goes on where it was."""

    after: int = 0
    """The last entitlement that was judged."""

    async def run(self, database: Database) -> int:
        """Walk on to the end, and return the number of members deleted. Each step that deletes leaves records."""
        deleted = 0
        upto: int | None = self.after
        while upto is not None:
            async with database.step() as connection:
                asked = {"after": self.after, "step": MEMBERS_PER_STEP}
                upto, members, versions = (await connection.execute(_PURGE, asked)).one()
                for detail in purge_details(members, versions):
                    await record(
                        connection, {"kind": "enrolment.purged", "outcome": "done", "detail": detail}
                    )
            deleted += members
            self.after = upto or 0
        return deleted


def purge_details(members: int, versions: Sequence[int]) -> Iterator[dict[str, Any]]:
    """Return the details of a step's records: the members in the first one, each with the ranges of its versions.

    Without them nobody could tell a purged version from one that was deleted against the rule.
    """
    for first in range(0, len(versions), VERSIONS_PER_RECORD):
        named = versions[first : first + VERSIONS_PER_RECORD]
        yield {"members": 0 if first else members, "versions": len(named), "purged": ranges(named)}
