"""The keeper: what must be done regularly beside the requests, in one process, as the role `batch`.

It mirrors the revocation lists and keeps the partitions of spent things. It is not needed to answer: when it stops,
the mirror goes stale and the API asks OCSP. Whatever fails is told by type and place, and tried again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable

import httpx2
import structlog
from sqlalchemy import text

from eligibility_api.batches.store import delete_expired as forget_batches
from eligibility_api.platform.clock import Clock
from eligibility_api.platform.database import Database
from eligibility_api.platform.keys import FundKeys
from eligibility_api.platform.settings import Settings
from eligibility_api.presence.jlis import Jlis
from eligibility_api.presence.mirror import refresh
from eligibility_api.state import load_trust

log = structlog.get_logger()

CHECKS_PER_FRESHNESS = 4
"""How often the lists are asked for within the time that a mirror is fresh: three may fail."""

STATEMENT_SECONDS = 300.0
"""How long one of the keeper's statements may take: a nation's revocation list is long."""

LOCK_SECONDS = 1.0
"""How long it may wait for a lock: whoever comes later waits behind it, so it rather comes again."""

_TASK_SECONDS = 600.0
_MAINTAIN_SECONDS = 300.0
_RETRY_SECONDS = 5.0
_MAINTAIN = text("SELECT maintain_spent()")
_FORGET_COUNTS = (
    text("DELETE FROM visual_check_count WHERE hour < now() - interval '1 day'"),
    text("DELETE FROM number_miss WHERE missed_at < now() - interval '1 day'"),
    text("DELETE FROM second_factor_miss WHERE hour < now() - interval '1 day'"),
    text("DELETE FROM mismatch_count WHERE hour < now() - interval '1 day'"),
    text("DELETE FROM look_up_count WHERE day < current_date - 60"),
    text("DELETE FROM idempotency WHERE made_at < now() - interval '7 days'"),
)


async def keep(
    settings: Settings,
    keys: FundKeys,
    database: Database,
    clock: Clock,
    *,
    transport: httpx2.AsyncBaseTransport | None = None,
) -> None:
    """Keep, until cancelled. `transport` stands in for J-LIS's line in tests."""
    try:
        async with httpx2.AsyncClient(base_url=settings.jlis_url, transport=transport) as http:
            jlis = Jlis(http, keys.jlis_client, clock)
            await asyncio.gather(_mirror(settings, database, jlis, clock), _maintain(database))
    finally:
        await database.close()


async def _mirror(settings: Settings, database: Database, jlis: Jlis, clock: Clock) -> None:
    authorities = load_trust(settings).authentication
    while True:
        for authority, ca in authorities.items():
            await _attempt("mirror", refresh(database, jlis, ca, authority, clock))
        await asyncio.sleep(settings.revocation_fresh_seconds / CHECKS_PER_FRESHNESS)


async def _maintain(database: Database) -> None:
    while True:
        kept = await _attempt("partitions", _keep_partitions(database))
        forgotten = await _attempt("counts", _forget_counts(database))
        cleared = await _attempt("batches", _forget_batches(database))
        await asyncio.sleep(_MAINTAIN_SECONDS if kept and forgotten and cleared else _RETRY_SECONDS)


async def _keep_partitions(database: Database) -> None:
    async with database.transaction() as connection:
        changes = (await connection.execute(_MAINTAIN)).scalar_one()
    log.info("partitions_kept", changes=changes)


async def _forget_counts(database: Database) -> None:
    async with database.transaction() as connection:
        for forget in _FORGET_COUNTS:
            await connection.execute(forget)


async def _forget_batches(database: Database) -> None:
    async with database.transaction() as connection:
        await forget_batches(connection)


async def _attempt(task: str, work: Awaitable[object]) -> bool:
    """Whether `work` was done, and in time."""
    try:
        async with asyncio.timeout(_TASK_SECONDS):
            await work
    except Exception as error:
        code = getattr(error, "code", "")
        log.warning(f"{task}_failed", code=code, cause=type(error).__name__, exc_info=error)
        return False
    return True
