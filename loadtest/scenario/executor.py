"""The executor: starts every visit at its scheduled time, however many are still waiting for an answer.

A check's latency counts from its scheduled time, so that neither a slow fund nor a late generator can hide
it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from time import perf_counter

from loadtest.scenario.answer_check import REFUSALS
from loadtest.scenario.answer_sample import AnswerSample, CheckQuery, SampledAnswer
from loadtest.scenario.run_stats import RunStats
from loadtest.scenario.visits import REFUSED_NAMES, Outcome

_TICK_SECONDS = 0.001
"""The event loop's timers have whole milliseconds, and end up to one too early: a shorter wait would end at once."""

DRAIN_SECONDS = 15.0
"""How long the executor waits for the last visits: longer than the timeout of a request."""


@dataclass(frozen=True, slots=True)
class ScheduledVisit:
    """A visit and its scheduled time, in seconds of the run.

    `query`: the check's subject; None for a sign-in. `follow_up`: what follows an answered check, with the
    query that its outcome answers. The check's latency ends before it.
    """

    at: float
    query: CheckQuery | None
    visit: Callable[[], Awaitable[Outcome]]
    follow_up: tuple[CheckQuery, Callable[[Outcome], Awaitable[Outcome]]] | None = None


@dataclass(frozen=True, slots=True)
class ScheduledBatch:
    """Checks that are submitted together: a query each, and the outcomes in the same order."""

    at: float
    queries: Sequence[CheckQuery]
    visit: Callable[[], Awaitable[Sequence[Outcome]]]


class Executor:
    """Starts visits on time and records their outcomes."""

    def __init__(self, stats: RunStats, sample: AnswerSample) -> None:
        self.stats = stats
        self.sample = sample
        self._began = 0.0
        self._in_flight: dict[asyncio.Task[None], float] = {}

    async def run(
        self, schedule: Iterable[ScheduledVisit | ScheduledBatch], drain_seconds: float = DRAIN_SECONDS
    ) -> None:
        """Start every visit of a schedule, which is sorted by time, and wait for the last to end."""
        self.begin()
        for scheduled in schedule:
            await self.start(scheduled)
        await self.drain(drain_seconds)

    def begin(self) -> None:
        """Let the seconds of the run count from now on."""
        self._began = perf_counter()

    async def start(self, scheduled: ScheduledVisit | ScheduledBatch) -> None:
        """Wait until a visit's time, and start it."""
        while (wait := scheduled.at - self.now()) > 0:
            await asyncio.sleep(max(wait, _TICK_SECONDS))
        visit = self._batch(scheduled) if isinstance(scheduled, ScheduledBatch) else self._visit(scheduled)
        task = asyncio.create_task(visit)
        self._in_flight[task] = scheduled.at
        task.add_done_callback(self._ended)

    async def drain(self, seconds: float = DRAIN_SECONDS) -> None:
        """Wait until the last visit has ended; what is unanswered after some seconds is an error."""
        if not self._in_flight:
            return
        _, unanswered = await asyncio.wait(self._in_flight, timeout=seconds)
        for task in unanswered:
            self.stats.error("unanswered", self._in_flight[task])
            task.cancel()

    @property
    def in_flight(self) -> int:
        """Number of visits that have not ended."""
        return len(self._in_flight)

    def _ended(self, task: asyncio.Task[None]) -> None:
        """Remove a visit that ended. An exception, caused by an unexpected response, counts as an error."""
        at = self._in_flight.pop(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self.stats.error(f"unexpected response: {type(error).__name__}", at)

    def on_response(self, name: str, seconds: float) -> None:
        """Record the latency of a request that was answered just now."""
        self.stats.request(name, seconds, self.now(), refused=name in REFUSED_NAMES)

    async def _visit(self, scheduled: ScheduledVisit) -> None:
        stats, began = self.stats, self.now()
        stats.start_delays.add((began - scheduled.at) * 1000)
        if scheduled.query is not None:
            stats.check_began(scheduled.at)
        outcome = await scheduled.visit()
        latency = self.now() - scheduled.at
        answered = self._record(scheduled.at, scheduled.query, outcome, began)
        if scheduled.query is None:
            return
        by_number = scheduled.query.membership is not None
        stats.check_ended(scheduled.at, latency, answered=answered, by_number=by_number)
        if scheduled.follow_up is not None and outcome.failure is None:
            query, follow_up = scheduled.follow_up
            began = self.now()
            if not self._record(scheduled.at, query, await follow_up(outcome), began):
                stats.visit_broken(scheduled.at)

    async def _batch(self, scheduled: ScheduledBatch) -> None:
        stats, began = self.stats, self.now()
        stats.start_delays.add((began - scheduled.at) * 1000)
        for _ in scheduled.queries:
            stats.check_began(scheduled.at)
        outcomes = await scheduled.visit()
        latency = self.now() - scheduled.at
        for query, outcome in zip(scheduled.queries, outcomes, strict=True):
            answered = self._record(scheduled.at, query, outcome, began)
            stats.check_ended(scheduled.at, latency, answered=answered, by_number=True)

    def _record(self, at: float, query: CheckQuery | None, outcome: Outcome, began: float) -> bool:
        """Record an outcome. Returns whether it is an answer."""
        ended = self.stats.last_answer_at = self.now()
        answered = outcome.failure is None or outcome.failure in REFUSALS
        if not answered:
            self.stats.error(outcome.failure or "unknown", at)
        elif query is not None:
            self.sample.add(SampledAnswer(query, outcome, began, ended))
        return answered

    def now(self) -> float:
        """Seconds since the start of the run."""
        return perf_counter() - self._began
