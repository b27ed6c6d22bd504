"""The keeper: what must be done regularly beside the requests, in one process, as the role `batch`.

It mirrors the revocation lists and keeps the partitions of spent things. It is not needed to answer: when it stops,
the mirror goes stale and the API asks OCSP.
"""

from __future__ import annotations

import asyncio
import signal

import httpx2
import structlog
from sqlalchemy import text

from eligibility_api.contract.errors import ShikakuError
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

_MAINTAIN_SECONDS = 300.0
_RETRY_SECONDS = 5.0
_MAINTAIN = text("SELECT maintain_spent()")
_FORGET_COUNTS = text("DELETE FROM visual_check_count WHERE hour < now() - interval '1 day'")


async def keep(settings: Settings, keys: FundKeys, database: Database, clock: Clock) -> None:
    """Run until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with httpx2.AsyncClient(base_url=settings.jlis_url) as http:
        jlis = Jlis(http, keys.jlis_client, clock)
        await asyncio.gather(_mirror(settings, database, jlis, clock, stop), _maintain(database, stop))
    await database.close()


async def _pause(stop: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return


async def _mirror(
    settings: Settings, database: Database, jlis: Jlis, clock: Clock, stop: asyncio.Event
) -> None:
    authorities = load_trust(settings).authentication
    while not stop.is_set():
        for authority, ca in authorities.items():
            try:
                await refresh(database, jlis, ca, authority, clock)
            except ShikakuError as error:
                log.warning("mirror_failed", code=error.code)
        await _pause(stop, settings.revocation_fresh_seconds / CHECKS_PER_FRESHNESS)


async def _maintain(database: Database, stop: asyncio.Event) -> None:
    while not stop.is_set():
        try:
            async with database.transaction() as connection:
                changes = (await connection.execute(_MAINTAIN)).scalar_one()
                await connection.execute(_FORGET_COUNTS)
            log.info("partitions_kept", changes=changes)
            await _pause(stop, _MAINTAIN_SECONDS)
        except ShikakuError as error:
            log.warning("maintenance_failed", code=error.code)
            await _pause(stop, _RETRY_SECONDS)
