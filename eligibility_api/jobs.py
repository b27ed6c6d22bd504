"""Runs long jobs in a separate process: batch checks, member files, claim files, look-up counts, webhooks.

It takes the work that API workers stored in the database, step by step, so that a restart loses one step at
most. It has its own connections, so that card checks never wait for one. While it is stopped, card checks are
answered as usual.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial

import structlog

from eligibility_api.batches.job import BatchJob, RateLimiter
from eligibility_api.claims import ingest as claims
from eligibility_api.database.connections import Database
from eligibility_api.files.queue import SMALL_FILE_BYTES
from eligibility_api.insurer_ops.lookup_counts import count_look_ups
from eligibility_api.state import State
from eligibility_api.uploads import job as uploads
from eligibility_api.uploads.queue import UploadContext
from eligibility_api.webhooks.sender import CONNECTIONS as WEBHOOK_CONNECTIONS
from eligibility_api.webhooks.sender import WebhookJob

log = structlog.get_logger()

STATEMENT_SECONDS = 30.0
"""Timeout of a statement under the role `shikaku_jobs`, but for those over a whole file."""

LOOK_UP_CONNECTIONS = 2
"""Connections under the role `api`, only for look-ups in batches: their commits do not wait for the disk."""

FILE_SIZES = {"1": None, "2": None, "small": SMALL_FILE_BYTES}
"""Member files processed concurrently, and claim files: the maximum size that each place takes.

While one file waits for register or database, another continues. However many nationwide files there are, a
small one does not wait for them.
"""

UPLOAD_CONCURRENCY = CLAIM_CONCURRENCY = len(FILE_SIZES)

CONNECTIONS = 4 * UPLOAD_CONCURRENCY + 2 * CLAIM_CONCURRENCY + 4 + WEBHOOK_CONNECTIONS
"""Connections under the role `shikaku_jobs`.

Per member file a guard, a reader and two writers, per claim file a guard and a writer, and those of the other
jobs: of webhooks one that finds events, and those that send them.
"""

PARTS_CONNECTIONS = UPLOAD_CONCURRENCY + CLAIM_CONCURRENCY
"""Connections for stored parts: one per file that is processed."""

_SWITCH_SECONDS = 0.0005
"""Time for which the parsing thread keeps the interpreter while other jobs wait for it; Python's default is 0.005.

Every reply of the database wakes a job, so that a batch waits this long many times.
"""

_IDLE_SECONDS, _MAX_IDLE_SECONDS, _LONGER = 0.25, 1.0, 1.2
"""A job without work looks for it again after a pause, and each time after a longer one: at 0.25 s all jobs took 0.06 core."""

_RETRY_SECONDS = 5.0

Job = Callable[[], Awaitable[bool]]
"""Performs one step of its work; returns whether any was pending."""


@dataclass(frozen=True, slots=True)
class JobContext:
    """Dependencies of the jobs.

    The state is that of an API process, but its database is not durable and used for look-ups in batches
    only. `database` connects under the role `shikaku_jobs`.
    """

    state: State
    database: Database


def all_jobs(context: JobContext) -> Mapping[str, Job]:
    """Every job by its name."""
    upload_context = UploadContext.of(context.state, context.database)
    rate_limiter = RateLimiter(context.state.settings.batch_rows_per_second)
    return {
        "batches": BatchJob(context.state, context.database, rate_limiter).run_step,
        **{
            f"uploads_{place}": partial(uploads.run_step, upload_context, size)
            for place, size in FILE_SIZES.items()
        },
        **{
            f"claims_{place}": partial(claims.run_step, context.database, size)
            for place, size in FILE_SIZES.items()
        },
        "look_ups": partial(count_look_ups, context.database),
        "webhooks": WebhookJob.of(context.database, context.state.clock, context.state.keys.webhook).run_step,
    }


async def run_jobs(context: JobContext) -> None:
    """Run all jobs until cancelled. A job that fails is logged and retried."""
    sys.setswitchinterval(_SWITCH_SECONDS)
    async with asyncio.TaskGroup() as group:
        for name, job in all_jobs(context).items():
            group.create_task(_repeat(name, job))


async def _repeat(name: str, job: Job) -> None:
    pause = 0.0
    while True:
        try:
            pause = 0.0 if await job() else _next_pause(pause)
        except Exception as error:
            code = getattr(error, "code", "")
            log.warning(f"{name}_failed", code=code, cause=type(error).__name__, exc_info=error)
            pause = _RETRY_SECONDS
        await asyncio.sleep(pause)


def _next_pause(pause: float) -> float:
    """The pause of a job that has found nothing, after this one."""
    return min(max(pause * _LONGER, _IDLE_SECONDS), _MAX_IDLE_SECONDS)
