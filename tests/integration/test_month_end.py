"""The soak's month's end: the record's partition is cut, records go to both sides, and nothing else notices."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import asyncpg
import pytest

from loadtest.errors import LoadError
from loadtest.soak.month_end import count_records, cut_month
from tests.builders.audit_log import append
from tests.builders.fund import Fund

pytestmark = pytest.mark.anyio


@pytest.fixture
async def owner(fund: Fund) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(fund.database.dsn("owner"), server_settings={"timezone": "UTC"})
    yield connection
    await connection.close()


async def test_records_are_on_both_sides_of_the_month_s_end_and_maintenance_goes_on(
    fund: Fund, owner: asyncpg.Connection
) -> None:
    dsn = fund.database.dsn("owner")
    before = [await append(owner, "eligibility.card") for _ in range(3)]
    cut: datetime = await owner.fetchval(
        "SELECT date_trunc('milliseconds', clock_timestamp()) + interval '2 milliseconds'"
    )
    await cut_month(dsn, cut)
    await owner.execute("SELECT pg_sleep_until($1)", cut)
    after = [await append(owner, "eligibility.card") for _ in range(2)]
    counted = await count_records(dsn, cut)
    assert (counted[0] >= 3, counted[1] >= 2) == (True, True)
    where = dict(
        await owner.fetch(
            "SELECT record_id, tableoid::regclass::text LIKE '%later%' FROM audit_record WHERE record_id = ANY($1)",
            [*before, *after],
        )
    )
    assert where == dict.fromkeys(before, False) | dict.fromkeys(after, True)
    assert await owner.fetchval("SELECT maintain_audit_record()") == 0
    with pytest.raises(asyncpg.PostgresError):
        await owner.execute("DELETE FROM audit_record WHERE record_id = ANY($1)", after)
    with pytest.raises(LoadError, match="has been cut already"):
        await cut_month(dsn, cut)


async def test_a_month_without_a_partition_cannot_be_cut(fund: Fund) -> None:
    with pytest.raises(LoadError, match="there is no partition audit_record_"):
        await cut_month(fund.database.dsn("owner"), datetime.now().astimezone() + timedelta(days=400))
