"""What an auditor of a test's fund recomputes from its audit records."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from eligibility_api.audit.recompute import recompute
from eligibility_api.database.connections import Database
from tests.builders.fund import Fund


async def recomputed(fund: Fund, record_id: str | None = None) -> dict[str, dict[str, Any]]:
    """The answers that an auditor recomputes, by record."""
    auditor = Database(fund.database.dsn("auditor"))
    one = UUID(record_id) if record_id is not None else None
    async with auditor.transaction() as connection:
        again = {
            given.record_id: given.model_dump(mode="json")
            async for given in recompute(connection, version_key=fund.state.keys.version, record_id=one)
        }
    await auditor.close()
    return again
