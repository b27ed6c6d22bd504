"""Answering batches: the worker takes a few rows of every open batch in turn, at a pace that taps do not notice.

Each row is a look-up by number like any other, with its record in the same statement. The results of a piece are kept
together when it is done, by one commit that waits for the disk; those of the look-ups before it do not, so that taps
wait for the disk as seldom as can be. What is on disk is on it in order: no result is shown without its record. A
worker or a server that dies loses no result that anybody saw: the rows of the last piece are asked again, and of the
first time an auditor finds records without an answer that was given.
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
from eligibility_api.contract.batches import BatchResult, BatchRow
from eligibility_api.contract.codes import Category, Right
from eligibility_api.contract.eligibility import EligibilityAnswer, UnchangedAnswer
from eligibility_api.contract.errors import Kind, ShikakuError
from eligibility_api.eligibility.by_number import NumberQuery, NumberResult, look_up
from eligibility_api.eligibility.misses import log_streak
from eligibility_api.eligibility.service import answer_by_number
from eligibility_api.facilities.caller import Caller
from eligibility_api.platform.database import Database
from eligibility_api.state import State

log = structlog.get_logger()

PIECE = 20
"""Rows of one batch before it is another's turn."""

KIND = "eligibility.batch"
"""The kind of a row's audit record."""


class Pace:
    """So many turns a second, evenly spread."""

    def __init__(
        self,
        per_second: float,
        *,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._apart = 1 / per_second
        self._now = now
        self._sleep = sleep
        self._next = 0.0

    async def turn(self) -> None:
        """Wait for the next turn. One that was missed is not made up for."""
        now = self._now()
        await self._sleep(max(self._next - now, 0))
        self._next = max(self._next, now) + self._apart


@dataclass(frozen=True, slots=True)
class Answering:
    """The worker's job. The state's database is for look-ups, with the API's rights; results are kept durably in
    `database`, under the role `batch`.
    """

    state: State
    database: Database
    pace: Pace

    async def piece(self) -> bool:
        """Answer the next rows of the batch whose turn it is; whether there was one."""
        async with self.database.transaction() as connection:
            batch = await store.claim(connection)
            if batch is None:
                return False
            results, misses, in_a_row = [], 0, batch.misses_in_a_row
            left = await self._misses_left(connection, batch)
            asked = await store.next_rows(connection, batch, PIECE)
            for row, text in enumerate(asked, start=batch.answered + 1):
                await self.pace.turn()
                result, missed = await _answered(self.state, batch, row, text, may_ask=misses < left)
                misses += missed
                in_a_row = in_a_row + 1 if missed else 0
                log_streak(_caller(batch), in_a_row)
                results.append(result.model_dump_json())
            await store.keep_results(connection, batch, results, misses=misses, in_a_row=in_a_row)
        return True

    async def _misses_left(self, connection: AsyncConnection, batch: Row[Any]) -> int:
        """A facility has one batch at a time, so that nobody else counts meanwhile."""
        missed = await store.misses_of_a_day(connection, batch.institution_code)
        return self.state.settings.batch_misses_per_day - missed


async def _answered(
    state: State, batch: Row[Any], row: int, text: str, *, may_ask: bool
) -> tuple[BatchResult, bool]:
    """The result of a row, and whether nobody was found. Raises an outage, which would befall every other row too.

    Where the facility has missed too often (not `may_ask`), nothing is looked up.
    """
    answer: EligibilityAnswer | UnchangedAnswer | None = None
    tag, code, missed = None, None, False
    try:
        asked = BatchRow.model_validate_json(text)
        tag, question = asked.tag, _question(batch, asked)
        if not may_ask:
            raise ShikakuError("number-miss-limit")
        found = await look_up(state.database, _caller(batch), question, kind=KIND, limits=None)
        missed = _is_miss(found)
        answer = answer_by_number(state, _caller(batch), question, found)
    except ShikakuError as error:
        if error.entry.kind is Kind.TECHNICAL and error.code != "internal":
            raise
        code = error.code
    except Exception as error:
        # One row must not keep all batches from going on.
        log.error("batch_row_failed", cause=type(error).__name__, exc_info=error)
        code = "internal"
    return BatchResult(row=row, tag=tag, answer=answer, code=code), missed


def _question(batch: Row[Any], asked: BatchRow) -> NumberQuery:
    consents = {Category.LIMIT_CERTIFICATE} if asked.limit_certificate_consent else ()
    return NumberQuery(asked, batch.as_of, frozenset(consents), asked.known_version)


def _caller(batch: Row[Any]) -> Caller:
    """Who asked, for the statement to see whether she may still."""
    return Caller(batch.client_id, batch.institution_code, None, frozenset({Right.ELIGIBILITY}))


def _is_miss(found: NumberResult) -> bool:
    return found.quota.admitted and found.quota.entitled and not found.asked
