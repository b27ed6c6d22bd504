"""Steps common to all changes of enrolment: admission with the insurer's lock, waiting for visibility.

A revision's instant lies a little after its commit, and readers compare it with their own instant
(`known.py`). So an answer never uses what was not yet known, and what was known at an instant is what was
answered at that instant.
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

_MARGIN = timedelta(milliseconds=1)


async def admit_and_lock(connection: AsyncConnection, caller: Caller, right: Right = Right.ENROLMENT) -> str:
    """Return the insurer's name, and lock its members against the job of member files until the commit.

    Raises `client-closed`.
    """
    name = await store.admitted_insurer_name(connection, caller.client_id, right)
    if name is None:
        raise ShikakuError("client-closed")
    await store.lock_insurer(connection, caller.insurer(), alone=False)
    return name


async def wait_until_visible(fixed: float, ahead: timedelta) -> None:
    """Wait until a revision is visible whose instant lay `ahead` when it was fixed; log a late commit.

    `fixed` (monotonic seconds) is taken after the statement that fixed the instant returned, so the wait is
    long enough.
    """
    left = log_if_late(fixed, ahead) + _MARGIN
    await asyncio.sleep(max(left.total_seconds(), 0))


def log_if_late(fixed: float, ahead: timedelta) -> timedelta:
    """Log a commit after its instant, which lay `ahead` when it was fixed (`fixed`); return the time that is left."""
    left = ahead - timedelta(seconds=time.monotonic() - fixed)
    if left < timedelta():
        log.warning("published_late", ms=round(-left / timedelta(milliseconds=1), 1))
    return left
