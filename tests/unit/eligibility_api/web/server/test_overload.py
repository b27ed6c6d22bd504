"""A worker that is offered up to four times what it can do, with a simulated clock and the rules of admission."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache, partial
from random import Random

import pytest

from eligibility_api.web.server.fair_share import FairShare, Verdict
from eligibility_api.web.server.request_kind import LOOK_UP, RequestKind
from tests.depth import DEEP

pytestmark = pytest.mark.slow

CAPACITY = 512
SWEEP, LINE_CHECK = 0.25, 0.01
TERMINALS = 200
BY_CARD = 0.37

NUMBER = (RequestKind(LOOK_UP),)
CARD = (
    RequestKind(3),
    RequestKind(13, continues_visit=True),
    RequestKind(7, continues_visit=True),
    RequestKind(17, continues_visit=True),
    RequestKind(9, continues_visit=True),
)
MEAN_COST = ((1 - BY_CARD) * LOOK_UP + BY_CARD * sum(kind.cost for kind in CARD)) / LOOK_UP
"""Of a visit, in look-ups."""


@dataclass
class Outcome:
    """What became of the visits of a run."""

    completed: list[float] = field(default_factory=list)
    """When."""
    broken: int = 0
    """Refused after their first request was answered."""
    accepted: list[float] = field(default_factory=list)
    """Latencies of answered requests."""
    refused: list[float] = field(default_factory=list)
    """Latencies of refused requests."""


class Simulation:
    """One worker that does `per_second` look-ups a second, one after the other, and visits that arrive anyway."""

    def __init__(self, per_second: Callable[[float], float], seed: int = 1) -> None:
        self.now = 0.0
        self.share: FairShare[_Request] = FairShare(CAPACITY)
        self.outcome = Outcome()
        self._per_second = per_second
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._number = 0
        self._random = Random(seed)
        self._queue: deque[_Request] = deque()
        self._at(SWEEP, self._sweep)
        self._at(LINE_CHECK, self._check_line)

    def arrive(self, visits_per_second: float, begin: float, end: float) -> None:
        """Let visits arrive between two instants."""
        at = begin
        while (at := at + self._random.expovariate(visits_per_second)) < end:
            kinds = CARD if self._random.random() < BY_CARD else NUMBER
            client = self._random.randrange(TERMINALS)
            self._at(at, partial(self._request, client, kinds, 0))

    def run(self, until: float) -> Outcome:
        """Let the time pass."""
        while self._events and self._events[0][0] <= until:
            self.now, _, event = heapq.heappop(self._events)
            event()
        return self.outcome

    def _at(self, at: float, event: Callable[[], None]) -> None:
        self._number += 1
        heapq.heappush(self._events, (at, self._number, event))

    def _request(self, client: int, kinds: tuple[RequestKind, ...], place: int) -> None:
        request = _Request(client, kinds, place, self.now)
        verdict, displaced = self.share.arrive(client, request, self.now, kinds[place])
        if displaced is not None:
            self._refuse(displaced)
        if verdict is Verdict.START:
            self._start(request)
        elif verdict is Verdict.REFUSE:
            self._refuse(request)

    def _start(self, request: _Request) -> None:
        self._queue.append(request)
        if len(self._queue) == 1:
            self._serve()

    def _serve(self) -> None:
        cost = self._queue[0].kind.cost / LOOK_UP
        self._at(self.now + cost / self._per_second(self.now), self._served)

    def _served(self) -> None:
        request = self._queue.popleft()
        self.outcome.accepted.append(self.now - request.arrived_at)
        for started in self.share.leave(request.client, request.kind):
            self._queue.append(started)
        if self._queue:
            self._serve()
        if request.place + 1 < len(request.kinds):
            self._at(
                self.now + 0.001, partial(self._request, request.client, request.kinds, request.place + 1)
            )
        else:
            self.outcome.completed.append(self.now)

    def _refuse(self, request: _Request) -> None:
        self.outcome.refused.append(self.now - request.arrived_at)
        self.outcome.broken += request.place > 0

    def _sweep(self) -> None:
        for request in self.share.forget_inactive(self.now):
            self._start(request)
        self._at(self.now + SWEEP, self._sweep)

    def _check_line(self) -> None:
        for request in self.share.remove_overdue(self.now):
            self._refuse(request)
        self._at(self.now + LINE_CHECK, self._check_line)


@dataclass(eq=False)
class _Request:
    client: int
    kinds: tuple[RequestKind, ...]
    place: int
    arrived_at: float

    @property
    def kind(self) -> RequestKind:
        return self.kinds[self.place]


@cache
def steady(times: float, per_second: float) -> Outcome:
    """Twenty seconds at so many times the capacity."""
    simulation = Simulation(lambda _: per_second)
    simulation.arrive(times * per_second / MEAN_COST, 0.0, 20.0)
    return simulation.run(20.0)


def percentile(values: list[float], part: float) -> float:
    assert values
    return sorted(values)[int(part * (len(values) - 1))]


SPEEDS = (150, 500, *([2_000] if DEEP else []))
"""Look-ups a second of a busy machine, of one like those of the benchmarks, and, in `make deep`, of a fast one."""


@pytest.mark.parametrize("per_second", SPEEDS)
@pytest.mark.parametrize("times", [0.25, 0.5, 0.75])
def test_below_the_capacity_nothing_is_refused(times: float, per_second: float) -> None:
    outcome = steady(times, per_second)
    assert outcome.refused == []


@pytest.mark.parametrize("per_second", SPEEDS)
@pytest.mark.parametrize("times", [2.0, 4.0])
def test_at_two_and_four_times_the_capacity_goodput_holds(times: float, per_second: float) -> None:
    outcome = steady(times, per_second)
    assert len(outcome.completed) / 20 >= 0.9 * per_second / MEAN_COST
    assert percentile(outcome.accepted, 0.99) <= 0.5
    assert percentile(outcome.refused, 0.99) <= 0.1


@pytest.mark.parametrize("per_second", SPEEDS)
def test_at_four_times_the_capacity_few_visits_are_broken(per_second: float) -> None:
    outcome = steady(4.0, per_second)
    assert outcome.broken <= 0.01 * len(outcome.completed)


@pytest.mark.parametrize("per_second", SPEEDS)
def test_five_seconds_after_it_everything_is_in_order(per_second: float) -> None:
    simulation = Simulation(lambda _: per_second)
    capacity = per_second / MEAN_COST
    simulation.arrive(4 * capacity, 0.0, 10.0)
    simulation.arrive(0.5 * capacity, 10.0, 25.0)
    simulation.run(15.0)
    simulation.outcome = Outcome()
    outcome = simulation.run(25.0)
    assert outcome.refused == []
    assert percentile(outcome.accepted, 0.99) <= 0.2
    assert len(outcome.completed) / 10 >= 0.45 * capacity


def test_a_stall_of_a_fifth_of_a_second_below_the_capacity_refuses_nobody() -> None:
    stalled = 10.0, 10.2
    simulation = Simulation(lambda now: 5.0 if stalled[0] <= now < stalled[1] else 500.0)
    simulation.arrive(0.4 * 500 / MEAN_COST, 0.0, 20.0)
    outcome = simulation.run(20.0)
    assert outcome.refused == []
    assert len(outcome.completed) > 0.35 * 500 / MEAN_COST * 20


def test_a_machine_that_becomes_slow_makes_no_answer_late_for_long() -> None:
    simulation = Simulation(lambda now: 600.0 if now < 5 else 120.0)
    simulation.arrive(500 / MEAN_COST, 0.0, 25.0)
    simulation.run(7.0)
    simulation.outcome = Outcome()
    outcome = simulation.run(25.0)
    assert percentile(outcome.accepted, 0.99) <= 0.5
    assert len(outcome.completed) / 18 >= 0.9 * 120 / MEAN_COST
