"""Poisson arrivals, and the curve of a day: its total, its hours and its busiest minute."""

from __future__ import annotations

from itertools import pairwise
from random import Random
from statistics import mean, pvariance

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eligibility_api.contract.codes import FacilityKind
from loadtest.arrivals import (
    CHECKS_BY_KIND,
    CHECKS_PER_DAY,
    HOURS,
    MINUTES,
    SECONDS,
    RatePeriod,
    arrivals,
    day_curve,
    hour_share,
    minute_share,
)
from loadtest.scenario.levels import LEVELS
from tests.depth import max_examples


def times(*periods: RatePeriod, seed: int = 1) -> list[float]:
    return list(arrivals(periods, Random(seed)))


@pytest.mark.parametrize("per_second", [10.0, 1210.0])
def test_the_number_of_arrivals_follows_the_rate(per_second: float) -> None:
    seconds = 20_000 / per_second
    at_times = times(RatePeriod(seconds, per_second))
    assert len(at_times) == pytest.approx(20_000, rel=0.03)
    assert at_times == sorted(at_times)
    assert 0 < at_times[0] < at_times[-1] < seconds


def test_gaps_are_exponentially_distributed() -> None:
    gaps = [later - earlier for earlier, later in pairwise(times(RatePeriod(200, 100)))]
    assert pvariance(gaps) == pytest.approx(mean(gaps) ** 2, rel=0.1)  # exponential: deviation = mean


def test_the_rate_changes_between_periods() -> None:
    at_times = times(RatePeriod(100, 50), RatePeriod(100, 0), RatePeriod(100, 10))
    counts = [sum(start <= at < start + 100 for at in at_times) for start in (0, 100, 200)]
    assert counts == [pytest.approx(5000, rel=0.1), 0, pytest.approx(1000, rel=0.2)]


def test_the_same_seed_draws_the_same_arrivals() -> None:
    assert (
        times(RatePeriod(10, 10), seed=3)
        == times(RatePeriod(10, 10), seed=3)
        != times(RatePeriod(10, 10), seed=4)
    )


KINDS = list(CHECKS_BY_KIND)
SHARES = {kind: share / sum(CHECKS_BY_KIND.values()) for kind, share in CHECKS_BY_KIND.items()}


def national(minute: int) -> float:
    """The checks a second nationwide in a minute of the day."""
    return CHECKS_PER_DAY / 60 * sum(share * minute_share(kind, minute) for kind, share in SHARES.items())


@pytest.mark.parametrize("kind", KINDS)
def test_the_hours_and_minutes_of_a_kind_add_up_to_its_day(kind: FacilityKind) -> None:
    assert sum(hour_share(kind, hour) for hour in range(HOURS)) == pytest.approx(1.0)
    for hour in range(HOURS):
        minutes = sum(minute_share(kind, minute) for minute in range(60 * hour, 60 * hour + 60))
        assert minutes == pytest.approx(hour_share(kind, hour))


@max_examples(25)  # each computes 1,440 minutes
@given(
    kind=st.sampled_from(KINDS),
    seconds=st.floats(min_value=1, max_value=SECONDS),
    per_second=st.floats(min_value=0.001, max_value=5000),
)
def test_a_compressed_curve_integrates_to_its_mean_rate(
    kind: FacilityKind, seconds: float, per_second: float
) -> None:
    periods = list(day_curve(kind, seconds, per_second))
    assert sum(period.seconds for period in periods) == pytest.approx(seconds)
    checks = sum(period.seconds * period.per_second for period in periods)
    assert checks == pytest.approx(per_second * seconds)


def test_the_day_has_the_busy_mondays_checks_and_the_levels_busiest_minute() -> None:
    rates = [national(minute) for minute in range(MINUTES)]
    assert sum(rates) * 60 == pytest.approx(17.06e6)
    assert max(rates) == pytest.approx(LEVELS["L1"].checks_per_s, rel=0.01)
    assert LEVELS["day"].checks_per_s * SECONDS == pytest.approx(17.06e6)


def test_the_busiest_hour_is_before_noon_and_has_seventeen_per_cent() -> None:
    hours = [sum(share * hour_share(kind, hour) for kind, share in SHARES.items()) for hour in range(HOURS)]
    assert max(hours) == hours[11] == pytest.approx(0.17, abs=0.001)


def test_a_clinics_morning_is_half_of_its_day_and_a_pharmacy_peaks_before_noon_and_after_five() -> None:
    assert sum(hour_share(FacilityKind.CLINIC, hour) for hour in (9, 10, 11)) == pytest.approx(0.5)
    pharmacy = [hour_share(FacilityKind.PHARMACY, hour) for hour in range(HOURS)]
    assert max(pharmacy) == pharmacy[11]
    assert pharmacy[17] > max(pharmacy[16], pharmacy[18])


@pytest.mark.parametrize("kind", KINDS)
def test_there_are_no_checks_at_night(kind: FacilityKind) -> None:
    assert all(hour_share(kind, hour) == 0 for hour in (*range(7), 21, 22, 23))
