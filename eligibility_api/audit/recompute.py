"""Recomputes answers from their audit records, to verify that the fund answered by its rules.

The rules themselves are in `domain/recorded_answers.py`, which needs no database.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from eligibility_api.audit import store
from eligibility_api.domain.recorded_answers import (
    GivenAnswer,
    MissingAnswer,
    MissingRows,
    PurgedAnswer,
    answer_or_refusal,
    inputs_of,
)


async def recompute(
    connection: AsyncConnection, *, version_key: bytes, record_id: UUID | None = None
) -> AsyncIterator[GivenAnswer | PurgedAnswer | MissingAnswer]:
    """Recompute every recorded answer, or the one of `record_id`, in the order of records.

    Raises UnknownRule.
    """
    async for rows in store.answers(connection, record_id):
        records = [store.recorded(row) for row in rows]
        versions = await store.versions(connection, records)
        for record in records:
            try:
                inputs = inputs_of(record, versions)
            except MissingRows as missing:
                yield await _without_rows(connection, record.record_id, missing.versions)
            else:
                yield answer_or_refusal(inputs, version_key)


async def _without_rows(
    connection: AsyncConnection, record_id: str, versions: frozenset[int]
) -> PurgedAnswer | MissingAnswer:
    """The result for absent rows: purged, or missing. A ticket is never purged without its member's versions."""
    if versions and versions <= await store.purged(connection, versions):
        return PurgedAnswer(record_id=record_id)
    return MissingAnswer(record_id=record_id)
