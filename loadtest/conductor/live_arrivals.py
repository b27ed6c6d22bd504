"""A Poisson process whose rate may change at any moment: the arrivals of a run that somebody conducts."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from random import Random

from eligibility_api.contract.codes import FacilityKind
from loadtest.arrivals import MINUTES, minute_share
from loadtest.dataset.visitors import Visitors
from loadtest.scenario.plan import Plan

STEP_SECONDS = 0.02
"""How far ahead arrivals are drawn, and so how late a change of the rate takes effect."""


class LiveArrivals:
    """Draws arrival times, in seconds of the run. `per_second`: the present rate, set from any thread."""

    def __init__(self, rng: Random) -> None:
        self.per_second = 0.0
        self._rng = rng
        self._left = rng.expovariate(1.0)
        """What the rate has to sum up to until the next arrival: a process of rate one in stretched time."""

    def within(self, begin: float, end: float) -> list[float]:
        """The arrivals between two instants, by the present rate. Consecutive calls continue one process."""
        found, at, rate = list[float](), begin, self.per_second
        while rate > 0 and self._left <= rate * (end - at):
            at += self._left / rate
            found.append(at)
            self._left = self._rng.expovariate(1.0)
        self._left -= max(0.0, rate * (end - at))
        return found

    async def stream(
        self, now: Callable[[], float], until: Callable[[float], Awaitable[None]]
    ) -> AsyncIterator[float]:
        """All arrivals from now on, in steps that end at most a moment ahead of the clock.

        `now`: seconds of the run; `until`: waits until such an instant.
        """
        begin = now()
        while True:
            end = begin + STEP_SECONDS
            for at in self.within(begin, end):
                yield at
            await until(end)
            begin = end


class LiveKinds:
    """Draws kinds of facilities by their shares of a minute of a day that is compressed to the run."""

    def __init__(self, plan: Plan, visitors: Visitors, rng: Random) -> None:
        self._seconds, self._rng = plan.seconds, rng
        self._weights = visitors.weights

    def draw(self, at: float) -> FacilityKind:
        """A kind for a visit that begins `at` so many seconds of the run."""
        kinds = list(self._weights)
        [kind] = self._rng.choices(kinds, list(self._at(at)))
        return kind

    def _at(self, at: float) -> Iterator[float]:
        minute = min(MINUTES - 1, int(at / self._seconds * MINUTES))
        for kind, weight in self._weights.items():
            yield weight * minute_share(kind, minute) + 1e-12  # at night all kinds may have a share of zero
