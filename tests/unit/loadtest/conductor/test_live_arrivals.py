"""A Poisson process whose rate somebody changes: its arrivals, and that steps do not matter."""

from __future__ import annotations

import asyncio
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadtest.conductor.live_arrivals import LiveArrivals


def process(rate: float, seed: int = 1) -> LiveArrivals:
    arrivals = LiveArrivals(Random(seed))
    arrivals.per_second = rate
    return arrivals


@given(st.integers(0, 1000), st.floats(0.5, 500), st.lists(st.floats(0, 0.5), min_size=1, max_size=20))
def test_arrivals_do_not_depend_on_the_steps_in_which_they_are_drawn(
    seed: int, rate: float, steps: list[float]
) -> None:
    at, drawn, stepped = 0.0, list[float](), process(rate, seed)
    for step in steps:
        found = stepped.within(at, at + step)
        assert all(at <= one <= at + step for one in found)
        drawn, at = drawn + found, at + step
    assert drawn == sorted(drawn)
    assert drawn == pytest.approx(process(rate, seed).within(0.0, at))


@pytest.mark.parametrize("rate", [50.0, 2000.0])
def test_the_number_of_arrivals_follows_the_rate(rate: float) -> None:
    count = len(process(rate).within(0.0, 100.0))
    assert count == pytest.approx(rate * 100, abs=5 * (rate * 100) ** 0.5)


def test_nothing_arrives_without_a_rate_and_the_process_goes_on_after_it() -> None:
    arrivals = process(0.0)
    assert arrivals.within(0.0, 1000.0) == []
    arrivals.per_second = 100.0
    found = arrivals.within(1000.0, 1001.0)
    assert [at - 1000 for at in found] == pytest.approx(process(100.0).within(0.0, 1.0))
    arrivals.per_second = 0.0
    assert arrivals.within(1001.0, 2000.0) == []


def test_a_stream_waits_for_the_end_of_each_step_and_takes_the_rate_of_that_moment() -> None:
    arrivals, waited = process(0.0), list[float]()

    async def until(at: float) -> None:
        waited.append(at)
        arrivals.per_second = 1000.0

    async def first() -> float:
        async for at in arrivals.stream(lambda: 5.0, until):
            return at
        raise AssertionError

    at = asyncio.run(first())
    assert waited[0] < at
    assert len(waited) == 1 + int((at - waited[0]) / (waited[0] - 5.0))
