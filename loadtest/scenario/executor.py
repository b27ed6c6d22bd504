"""Driving: every patient starts at the instant that the schedule says, however many are still waiting for an answer.

A check's latency counts from that instant, so that a slow fund (or a late generator) cannot hide it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from time import perf_counter

from loadtest.scenario.answer_check import REFUSALS
from loadtest.scenario.answer_sample import Asked, Kept, Sample
from loadtest.scenario.run_stats import Seen
from loadtest.scenario.visits import Outcome

DRAIN_SECONDS = 15.0
"""How long the last ones are waited for: longer than a request may take."""


@dataclass(frozen=True, slots=True)
class Due:
    """A visit of the schedule: when it begins, in seconds from the beginning, and what it does.

    `asked`: about whom a check asks; None for a sign-in. `after`: what follows a check that was answered, and about whom
    its answer is. The check's latency ends before it.
    """

    at: float
    asked: Asked | None
    visit: Callable[[], Awaitable[Outcome]]
    after: tuple[Asked, Callable[[Outcome], Awaitable[Outcome]]] | None = None


@dataclass(frozen=True, slots=True)
class DueBatch:
    """Many checks that are asked together: about whom each asks, and their outcomes in the same order."""

    at: float
    asked: Sequence[Asked]
    visit: Callable[[], Awaitable[Sequence[Outcome]]]


class Driver:
    """Begins visits on time and notes how they end."""

    def __init__(self, seen: Seen, sample: Sample) -> None:
        self.seen = seen
        self.sample = sample
        self._began = 0.0

    async def run(self, schedule: Iterable[Due | DueBatch], drain_seconds: float = DRAIN_SECONDS) -> None:
        """Begin every visit of a schedule, which is in the order of its instants, and wait for the last to end."""
        self._began = perf_counter()
        under_way: dict[asyncio.Task[None], float] = {}
        for due in schedule:
            wait = due.at - self._now()
            if wait > 0:
                await asyncio.sleep(wait)
            visit = self._batch(due) if isinstance(due, DueBatch) else self._visit(due)
            task = asyncio.create_task(visit)
            under_way[task] = due.at
            task.add_done_callback(partial(self._over, under_way))
        if not under_way:
            return
        _, left = await asyncio.wait(under_way, timeout=drain_seconds)
        for task in left:
            self.seen.error("unanswered", under_way[task])
            task.cancel()

    def _over(self, under_way: dict[asyncio.Task[None], float], task: asyncio.Task[None]) -> None:
        """A visit ended; one that broke because it was answered with something else than expected is an error too."""
        at = under_way.pop(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self.seen.error(f"not understood: {type(error).__name__}", at)

    def request(self, what: str, seconds: float) -> None:
        """A request was answered just now, after so many seconds."""
        self.seen.request(what, seconds, self._now())

    async def _visit(self, due: Due) -> None:
        seen, began = self.seen, self._now()
        seen.lags.add((began - due.at) * 1000)
        if due.asked is not None:
            seen.check_began(due.at)
        outcome = await due.visit()
        taken = self._now() - due.at
        answered = self._note(due.at, due.asked, outcome, began)
        if due.asked is None:
            return
        by_number = due.asked.membership is not None
        seen.check_ended(due.at, taken, answered=answered, by_number=by_number)
        if due.after is not None and outcome.failure is None:
            asked, follow = due.after
            began = self._now()
            self._note(due.at, asked, await follow(outcome), began)

    async def _batch(self, due: DueBatch) -> None:
        seen, began = self.seen, self._now()
        seen.lags.add((began - due.at) * 1000)
        for _ in due.asked:
            seen.check_began(due.at)
        outcomes = await due.visit()
        taken = self._now() - due.at
        for asked, outcome in zip(due.asked, outcomes, strict=True):
            answered = self._note(due.at, asked, outcome, began)
            seen.check_ended(due.at, taken, answered=answered, by_number=True)

    def _note(self, at: float, asked: Asked | None, outcome: Outcome, began: float) -> bool:
        """Take an outcome in; whether it was an answer."""
        ended = self.seen.last_answer_after = self._now()
        answered = outcome.failure is None or outcome.failure in REFUSALS
        if not answered:
            self.seen.error(outcome.failure or "unknown", at)
        elif asked is not None:
            self.sample.take(Kept(asked, outcome, began, ended))
        return answered

    def _now(self) -> float:
        """Seconds from the beginning."""
        return perf_counter() - self._began
