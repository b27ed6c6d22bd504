"""The correction list: which facilities were answered with what was since withdrawn.

The record says which versions were read for each answer. A version counts as shown where it covered the day that was
asked about, or was over while nothing else that was read covered it. The API may not read the record: a function of
the database tells facilities and numbers of answers, nothing of persons.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from eligibility_api.contract.uploads import AffectedFacility

_SEEN_BY = text("SELECT * FROM seen_by(CAST(:versions AS bigint[]), CAST(:revisions AS bigint[]))")


async def seen_by(connection: AsyncConnection, revisions: Sequence[int]) -> list[AffectedFacility]:
    """Facilities that were answered with what these revisions opened, and what is withdrawn by now. Latest answer first."""
    return await _seen(connection, versions=[], revisions=list(revisions))


async def seen_versions(connection: AsyncConnection, versions: Sequence[int]) -> list[AffectedFacility]:
    """Facilities that were answered with these versions, which are being withdrawn."""
    return await _seen(connection, versions=list(versions), revisions=[])


async def _seen(connection: AsyncConnection, **named: list[int]) -> list[AffectedFacility]:
    rows: Any = (await connection.execute(_SEEN_BY, named)).mappings()
    return [AffectedFacility.model_validate(dict(row)) for row in rows]
