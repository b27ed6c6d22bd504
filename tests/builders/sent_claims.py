"""Members and stored claims for tests of claim files."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from tests.builders.claim_files import member
from tests.builders.fund import Fund


async def enrolled_members(fund: Fund, count: int) -> list[Any]:
    """Members who are enrolled."""
    people = [fund.person() for _ in range(count)]
    for person in people:
        assert (await fund.enrol(person)).status_code == 201
    return [member(person) for person in people]


def unknown_members(fund: Fund, count: int) -> list[Any]:
    """Members who are not enrolled."""
    return [member(fund.person()) for _ in range(count)]


async def stored_claims(fund: Fund, answer: dict[str, Any]) -> list[dict[str, Any]]:
    """The claims of a file as stored."""
    statement = "SELECT * FROM claim WHERE file_id = $1 ORDER BY claim"
    return [dict(row) for row in await fund.owner.fetch(statement, (UUID(answer["file_id"]),))]


async def stored_faults(fund: Fund, answer: dict[str, Any]) -> int:
    """The number of a file's stored faults."""
    statement = "SELECT count(*) FROM claim_fault WHERE file_id = $1"
    [row] = await fund.owner.fetch(statement, (UUID(answer["file_id"]),))
    return int(row[0])
