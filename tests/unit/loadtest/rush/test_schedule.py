"""When patients come."""

from __future__ import annotations

from itertools import pairwise
from random import Random
from statistics import mean, pvariance

import pytest

from loadtest.rush.schedule import Stretch, arrivals


def times(*stretches: Stretch, seed: int = 1) -> list[float]:
    return list(arrivals(stretches, Random(seed)))


@pytest.mark.parametrize("per_second", [10.0, 1210.0])
def test_as_many_come_as_the_rate_says(per_second: float) -> None:
    seconds = 20_000 / per_second
    came = times(Stretch(seconds, per_second))
    assert len(came) == pytest.approx(20_000, rel=0.03)
    assert came == sorted(came)
    assert 0 < came[0] < came[-1] < seconds


def test_they_come_as_they_come_and_not_in_step() -> None:
    gaps = [later - earlier for earlier, later in pairwise(times(Stretch(200, 100)))]
    assert pvariance(gaps) == pytest.approx(mean(gaps) ** 2, rel=0.1)  # exponential: deviation = mean


def test_the_rate_changes_between_stretches() -> None:
    came = times(Stretch(100, 50), Stretch(100, 0), Stretch(100, 10))
    counts = [sum(start <= at < start + 100 for at in came) for start in (0, 100, 200)]
    assert counts == [pytest.approx(5000, rel=0.1), 0, pytest.approx(1000, rel=0.2)]


def test_the_same_seed_draws_the_same() -> None:
    assert times(Stretch(10, 10), seed=3) == times(Stretch(10, 10), seed=3) != times(Stretch(10, 10), seed=4)
