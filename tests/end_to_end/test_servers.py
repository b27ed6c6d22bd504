"""A fund whose database address names two servers follows the primary: a fail-over is an outage, and no wrong answer."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import text

from eligibility_api.contract.errors import ShikakuError
from eligibility_api.database.connections import Database
from eligibility_api.database.db_errors import RETRY_AFTER_SECONDS
from eligibility_api.database.migrate import migrate
from eligibility_api.embedded_postgres.server import EmbeddedPostgres
from tests.builders import standby
from tests.depth import DEEP

pytestmark = [pytest.mark.anyio, pytest.mark.skipif(not DEEP, reason="two database servers of its own")]

PATIENCE_SECONDS = 10.0
"""How long a fund may need to find the promoted standby; it takes some milliseconds."""


def address_of_both(*servers: EmbeddedPostgres) -> str:
    """One address of the API's role for several servers, which have the same passwords."""
    addresses = [urlsplit(server.dsn("api")) for server in servers]
    hosts = ",".join(parse_qs(address.query)["host"][0] for address in addresses)
    return f"postgresql://{addresses[0].netloc}{addresses[0].path}?host={hosts}&port=5432"


@asynccontextmanager
async def fund(dsn: str) -> AsyncIterator[Database]:
    database = Database(dsn, pool_connections=2, statement_seconds=1.0)
    await database.open()
    try:
        yield database
    finally:
        await database.close()


async def writes(database: Database) -> None:
    """Both kinds of connections reach a server that accepts writing."""
    [row] = await database.fetch("SELECT pg_is_in_recovery() AS standby", [])
    assert not row["standby"]
    async with database.transaction() as connection:
        assert not (await connection.execute(text("SELECT pg_is_in_recovery()"))).scalar_one()


async def write_again(database: Database) -> list[ShikakuError]:
    """Try until it succeeds; returns the refusals before."""
    refusals: list[ShikakuError] = []
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            try:
                await writes(database)
            except ShikakuError as error:
                refusals.append(error)
                await asyncio.sleep(0)
            else:
                return refusals


def assert_outages(refusals: list[ShikakuError]) -> None:
    """Each is a technical failure that says when to come again."""
    assert {(error.code, error.retry_after) for error in refusals} <= {
        ("database-unavailable", RETRY_AFTER_SECONDS)
    }


async def refused(database: Database) -> None:
    with pytest.raises(ShikakuError) as raised:
        await writes(database)
    assert_outages([raised.value])


async def test_a_fund_follows_the_primary_of_two_servers(tmp_path: Path) -> None:
    first = standby.create_primary(tmp_path / "first")
    second: EmbeddedPostgres | None = None
    try:
        first.start()
        await migrate(first.dsn("owner"))
        second = standby.create_standby(first, tmp_path / "second")
        standby.follow(second)
        standby.make_synchronous(first)

        # The standby is named first, and refused: only the primary accepts writing.
        async with fund(address_of_both(second, first)) as database:
            await writes(database)

            # The primary hangs: what asks it is refused within its time, as is what finds the standby only.
            standby.send(first, signal.SIGSTOP)
            async with fund(address_of_both(first, second)) as other:
                began = asyncio.get_running_loop().time()
                await refused(other)
                assert asyncio.get_running_loop().time() - began < PATIENCE_SECONDS
            standby.send(first, signal.SIGCONT)
            await writes(database)

            # It dies: an outage until the standby is promoted, which both kinds of connections then find.
            standby.end(first)
            await refused(database)
            standby.promote(second)
            assert_outages(await write_again(database))

            # A former primary that comes back as it was is another matter (`test_log_failover.py`): here it stays away,
            # and the promoted one is found first.
            assert not await write_again(database)
    finally:
        for server in (first, second):
            if server is not None:
                standby.end(server, signal.SIGQUIT)
        first.stop()
