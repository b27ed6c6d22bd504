"""The log goes on without a fork when a synchronous standby is promoted: what was signed is there, what was not is not."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest

from eligibility_api.audit_log import checkpoint_keys
from eligibility_api.audit_log.last_checkpoint import LogBehindCheckpoint
from eligibility_api.audit_log.sequencer import Sequencer
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.database.connections import Database
from eligibility_api.database.migrate import migrate
from eligibility_api.embedded_postgres.server import EmbeddedPostgres
from eligibility_api.platform.settings import Settings
from tests.builders import standby
from tests.builders.audit_log import append, read_log, run
from tests.depth import DEEP

pytestmark = [pytest.mark.anyio, pytest.mark.skipif(not DEEP, reason="two database servers of its own")]

HANGING_SECONDS = 2.0
"""How long a commit is waited for that nobody will confirm."""


@asynccontextmanager
async def sequencing(server: EmbeddedPostgres, settings: Settings) -> AsyncIterator[Sequencer]:
    database = Database(server.dsn("sequencer"), engine_connections=1)
    try:
        async with database.session() as connection:
            yield Sequencer(connection, settings, lambda: datetime.now(UTC))
    finally:
        await database.close()


@asynccontextmanager
async def program(server: EmbeddedPostgres) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(server.dsn("api"))
    try:
        yield connection
    finally:
        connection.terminate()


async def signed_sizes(server: EmbeddedPostgres) -> list[int]:
    return sorted(stored["tree_size"] for stored in (await read_log(server.dsn("auditor"))).checkpoints)


async def sign_nothing(server: EmbeddedPostgres, settings: Settings) -> None:
    """A sequencer whose commits no standby confirms signs nothing, however often it tries."""
    before = await signed_sizes(server)
    with suppress(TimeoutError, ShikakuError):
        async with asyncio.timeout(HANGING_SECONDS), sequencing(server, settings) as one:
            assert await one.lead()
            while True:
                await one.step()
    assert await signed_sizes(server) == before


async def test_a_promoted_standby_continues_the_log(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "fund")
    checkpoint_keys.create_missing(settings)
    first = standby.create_primary(tmp_path / "first")
    second: EmbeddedPostgres | None = None
    try:
        first.start()
        await migrate(first.dsn("owner"))
        second = standby.create_standby(first, tmp_path / "second")
        standby.follow(second)
        standby.make_synchronous(first)

        answered: list[UUID] = []
        async with program(first) as api, sequencing(first, settings) as one:
            assert await one.lead()
            for _ in range(5):
                answered += [await append(api) for _ in range(60)]
                await run(one)
        before = await read_log(first.dsn("auditor"))
        assert before.is_signed
        assert len(before.leaves) == 300

        # The standby is gone: nothing is answered and nothing is signed any more.
        standby.end(second, signal.SIGINT)
        async with program(first) as api:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(HANGING_SECONDS):
                    await append(api)
        await sign_nothing(first, settings)

        standby.end(first)
        standby.follow(second)
        standby.promote(second)
        async with program(second) as api, sequencing(second, settings) as one:
            assert await one.lead()
            answered += [await append(api) for _ in range(7)]
            await run(one)
        after = await read_log(second.dsn("auditor"))
        assert after.is_signed
        after.check(settings.log_origin, checkpoint_keys.verification_keys(settings))
        assert after.leaves[: len(before.leaves)] == before.leaves
        assert {leaf["record_id"] for leaf in after.leaves} == set(answered)
        roots = {stored["tree_size"]: stored["root"] for stored in after.checkpoints}
        assert all(roots[stored["tree_size"]] == stored["root"] for stored in before.checkpoints)

        # The former primary comes back with a record, and perhaps leaves, that nobody confirmed.
        first.ensure_running()
        standby.wait_until_ready(first)
        async with sequencing(first, settings) as one:
            with pytest.raises(LogBehindCheckpoint):
                await one.lead()
        key = checkpoint_keys.key_path(settings)
        await sign_nothing(first, Settings(home=tmp_path / "elsewhere", checkpoint_key=key))
    finally:
        for server in (first, second):
            if server is not None:
                standby.end(server, signal.SIGQUIT)
        first.stop()
