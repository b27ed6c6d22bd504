"""How a change of what the fund knows begins and ends: admission with the insurer's lock, and waiting until it shows.

A revision's instant lies a little ahead of its commit, and readers compare it with their own (`known.py`): so an
answer never shows what was not yet known, and what was known at an instant is what was answered then.
"""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from eligibility_api.clients.caller import Caller
from eligibility_api.contract.codes import Right
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.enrolment import store

log = structlog.get_logger()

_BEYOND = timedelta(milliseconds=1)


async def admit(connection: AsyncConnection, caller: Caller) -> str:
    """The insurer's name, its members kept from a file's hands until the commit. Raises `client-closed`."""
    name = await store.admitted_as(connection, caller.client_id, Right.ENROLMENT)
    if name is None:
        raise ShikakuError("client-closed")
    await store.lock_insurer(connection, caller.insurer(), alone=False)
    return name


async def until_shown(fixed: float, ahead: timedelta) -> None:
    """Wait until a revision shows whose instant lay `ahead` when it was fixed; tell where it was committed too late.

    `fixed` (monotonic seconds) is taken after the answer of the statement that fixed it, so that the wait is long enough.
    """
    left = ahead + _BEYOND - timedelta(seconds=time.monotonic() - fixed)
    if left < _BEYOND:
        log.warning("published_late", ms=round(-left / timedelta(milliseconds=1), 1))
    await asyncio.sleep(max(left.total_seconds(), 0))
