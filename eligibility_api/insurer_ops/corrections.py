"""The correction list: facilities that received answers with data that was withdrawn later.

The audit record names the versions that were read for each answer. A version counts as shown if it covered
the day in question, or if it had ended and no other version that was read covered the day. The API's role
cannot read the record: a database function returns facilities and numbers of answers, no persons.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from eligibility_api.contract.uploads import AffectedFacility

_FACILITIES = text(
    "SELECT * FROM facilities_answered_with(CAST(:versions AS bigint[]), CAST(:revisions AS bigint[]))"
)


async def facilities_answered_by_revisions(
    connection: AsyncConnection, revisions: Sequence[int]
) -> list[AffectedFacility]:
    """Return facilities that received withdrawn versions of these revisions, the latest answer first.

    Latest answer first.
    """
    return await _query(connection, versions=[], revisions=list(revisions))


async def facilities_answered_with(
    connection: AsyncConnection, versions: Sequence[int]
) -> list[AffectedFacility]:
    """Return facilities that received these versions, which are being withdrawn."""
    return await _query(connection, versions=list(versions), revisions=[])


async def _query(connection: AsyncConnection, **named: list[int]) -> list[AffectedFacility]:
    rows: Any = (await connection.execute(_FACILITIES, named)).mappings()
    return [AffectedFacility.model_validate(dict(row)) for row in rows]
