"""The job of batch checks: answers a few rows of each open batch in turn, without slowing card checks.

Each row is a look-up by number like any other, with its audit record in the same statement. The results of a
step are stored together by one commit that waits for the disk; the look-ups before it do not, so that card
checks wait for the disk as rarely as possible. The write-ahead log is flushed in order, hence no result is
visible without its record. If the job or the server dies, no visible result is lost: the rows of the last
step are looked up again, and an auditor finds records of the first attempt whose answers were never given.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import structlog
from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from eligibility_api.batches import store
from eligibility_api.clients.caller import Caller
from eligibility_api.contract.batches import BatchResult, BatchRow
from eligibility_api.contract.codes import Category, Right
from eligibility_api.contract.eligibility import EligibilityAnswer, UnchangedAnswer
from eligibility_api.contract.errors import ErrorKind, ShikakuError
from eligibility_api.database.connections import Database
from eligibility_api.eligibility.by_number import NumberQuery, NumberResult, look_up
from eligibility_api.eligibility.misses import log_streak
from eligibility_api.eligibility.service import answer_by_number
from eligibility_api.state import State

log = structlog.get_logger()

ROWS_PER_STEP = 20
"""Rows of one batch before the next batch's turn."""

AUDIT_KIND = "eligibility.batch"
"""The kind of a row's audit record."""


class RateLimiter:
    """Limits look-ups to a rate per second, evenly spaced."""

    def __init__(
        self,
        per_second: float,
        *,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._interval = 1 / per_second
        self._now = now
        self._sleep = sleep
        self._next = 0.0

    async def wait(self) -> None:
        """Wait for the next slot. A missed slot is not made up for."""
        now = self._now()
        await self._sleep(max(self._next - now, 0))
        self._next = max(self._next, now) + self._interval


@dataclass(frozen=True, slots=True)
class BatchJob:
    """Answers batches.

    Look-ups use the state's database under the role `shikaku_api`; results are stored durably in `database`,
    under the role `shikaku_jobs`.
    """

    state: State
    database: Database
    rate_limiter: RateLimiter

    async def run_step(self) -> bool:
        """Answer the next rows of the batch whose turn it is; returns whether there was one."""
        async with self.database.transaction() as connection:
            batch = await store.lock_next(connection)
            if batch is None:
                return False
            results, misses, streak = [], 0, batch.miss_streak
            max_misses = await self._remaining_misses(connection, batch)
            requests = await store.next_rows(connection, batch, ROWS_PER_STEP)
            for row, text in enumerate(requests, start=batch.answered + 1):
                await self.rate_limiter.wait()
                allowed = misses < max_misses
                result, missed = await _answer(self.state, batch, row, text, look_up_allowed=allowed)
                misses += missed
                streak = streak + 1 if missed else 0
                log_streak(_caller(batch), streak)
                results.append(result.model_dump_json())
            await store.add_results(connection, batch, results, misses=misses, streak=streak)
        return True

    async def _remaining_misses(self, connection: AsyncConnection, batch: Row[Any]) -> int:
        """A facility has one open batch at a time, hence no other batch counts misses meanwhile."""
        missed = await store.misses_of_a_day(connection, batch.institution_code)
        return self.state.settings.batch_misses_per_day - missed


async def _answer(
    state: State, batch: Row[Any], row: int, text: str, *, look_up_allowed: bool
) -> tuple[BatchResult, bool]:
    """The result of a row, and whether it was a miss.

    Raises an outage, which would affect every other row too.

    `look_up_allowed` is False if the facility has exceeded its limit of misses.
    """
    answer: EligibilityAnswer | UnchangedAnswer | None = None
    tag, code, missed = None, None, False
    try:
        request = BatchRow.model_validate_json(text)
        tag, question = request.tag, _question(batch, request)
        if not look_up_allowed:
            raise ShikakuError("number-miss-limit")
        found = await look_up(state.database, _caller(batch), question, kind=AUDIT_KIND, limits=None)
        missed = _is_miss(found)
        answer = answer_by_number(state, _caller(batch), question, found)
    except ShikakuError as error:
        if error.entry.kind is ErrorKind.TECHNICAL and error.code != "internal":
            raise
        code = error.code
    except Exception as error:
        # One row must not block all batches.
        log.error("batch_row_failed", cause=type(error).__name__, exc_info=error)
        code = "internal"
    return BatchResult(row=row, tag=tag, answer=answer, code=code), missed


def _question(batch: Row[Any], request: BatchRow) -> NumberQuery:
    consents = {Category.LIMIT_CERTIFICATE} if request.limit_certificate_consent else ()
    return NumberQuery(request, batch.as_of, frozenset(consents), request.known_version)


def _caller(batch: Row[Any]) -> Caller:
    """The client that sent the batch; the statement checks whether it is still admitted."""
    return Caller(batch.client_id, batch.institution_code, None, frozenset({Right.ELIGIBILITY}))


def _is_miss(found: NumberResult) -> bool:
    return found.quota.admitted and found.quota.entitled and not found.asked
