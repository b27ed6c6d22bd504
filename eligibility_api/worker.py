"""The worker: long work beside the requests, in a process of its own: batch checks, member files, receipt files.

It takes what the API's workers left in the database, piece by piece, so that a restart loses nothing but a piece. Its
connections are its own; a tap never waits for one of them. When it stops, taps are answered as before.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial

import structlog

from eligibility_api.batches.answering import Answering, Pace
from eligibility_api.claims import work as claims
from eligibility_api.database.connections import Database
from eligibility_api.insurer_ops.lookup_counts import count_look_ups
from eligibility_api.state import State
from eligibility_api.uploads import work as uploads
from eligibility_api.uploads.queue import Bench

log = structlog.get_logger()

STATEMENT_SECONDS = 300.0
"""How long one of its statements under the role `batch` may take: a file has millions of rows."""

LOOK_UP_CONNECTIONS = 2
"""Its own connections under the role `api`, for look-ups in batches alone: their commits do not wait for the disk."""

UPLOAD_LANES = 2
"""Member files that are worked at together: while one waits for the register or the database, another one goes on."""

CLAIM_LANES = 2
"""Receipt files that are worked at together, so that a small one does not wait for a nation's."""

CONNECTIONS = 4 * UPLOAD_LANES + 2 * CLAIM_LANES + 3
"""Its connections under the role `batch`: of a member file's lane a guard, a reader and two writers, of a receipt file's
a guard and a writer, and those of the other jobs.
"""

PARTS_CONNECTIONS = UPLOAD_LANES + CLAIM_LANES
"""Its connections for what lies in parts: of each lane one."""

_IDLE_SECONDS = 0.25
_RETRY_SECONDS = 5.0

Job = Callable[[], Awaitable[bool]]
"""Does one piece of its work, and tells whether there was any."""


@dataclass(frozen=True, slots=True)
class Worker:
    """What jobs work with: the state of an API process, its database for look-ups in batches alone (not durable), and
    a database under the role `batch`.
    """

    state: State
    database: Database


def jobs(worker: Worker) -> Mapping[str, Job]:
    """Every job by its name."""
    bench = Bench.of(worker.state, worker.database)
    pace = Pace(worker.state.settings.batch_rows_per_second)
    return {
        "batches": Answering(worker.state, worker.database, pace).piece,
        **{f"uploads_{lane}": partial(uploads.piece, bench) for lane in range(1, UPLOAD_LANES + 1)},
        **{f"claims_{lane}": partial(claims.piece, worker.database) for lane in range(1, CLAIM_LANES + 1)},
        "look_ups": partial(count_look_ups, worker.database),
    }


async def work(worker: Worker) -> None:
    """Work, until cancelled. A job that fails is told by type and place, and tried again."""
    async with asyncio.TaskGroup() as group:
        for name, job in jobs(worker).items():
            group.create_task(_repeat(name, job))


async def _repeat(name: str, job: Job) -> None:
    while True:
        try:
            pause = 0.0 if await job() else _IDLE_SECONDS
        except Exception as error:
            code = getattr(error, "code", "")
            log.warning(f"{name}_failed", code=code, cause=type(error).__name__, exc_info=error)
            pause = _RETRY_SECONDS
        await asyncio.sleep(pause)
