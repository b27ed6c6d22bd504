"""A day is fitted to a machine by what a check cost there."""

from __future__ import annotations

import pytest

from loadtest.machine.costs import CpuUsage
from loadtest.scenario.calibration import BUSIEST_PER_S, BUSY, MIN_SCALE, MAX_SCALE, fitted, probe, told
from loadtest.scenario.levels import LEVELS, Shape
from loadtest.scenario.plan import Plan
from loadtest.scenario.run_stats import Series

DAY = Plan(LEVELS["day"], 240.0, 1.0, 1)


def spent(seconds: float) -> CpuUsage:
    return CpuUsage(15.0, {"api": seconds * 0.5, "database": seconds * 0.3, "generator": seconds * 0.2})


@pytest.mark.parametrize(("answered", "seconds", "cores"), [(600, 6.0, 2), (600, 6.0, 8), (300, 0.6, 2)])
def test_at_the_scale_the_busiest_minute_keeps_its_share_of_the_cores_busy(
    answered: int, seconds: float, cores: int
) -> None:
    fit = fitted(answered, spent(seconds), cores)
    assert fit.ms_per_check == pytest.approx(1000 * seconds / answered)
    assert BUSIEST_PER_S * fit.scale * seconds / answered == pytest.approx(BUSY * cores, rel=0.01)


@pytest.mark.parametrize(
    ("answered", "seconds", "scale"),
    [(0, 1.0, MIN_SCALE), (600, 0.0, MIN_SCALE), (1, 1000.0, MIN_SCALE), (10**6, 0.1, MAX_SCALE)],
)
def test_a_scale_stays_within_what_a_run_may_have(answered: int, seconds: float, scale: float) -> None:
    assert fitted(answered, spent(seconds), 2).scale == scale


def test_a_probe_is_short_and_steady_and_of_the_days_mix() -> None:
    tried = probe(DAY)
    assert (tried.level.shape, tried.level.by_card) == (Shape.STEADY, DAY.level.by_card)
    assert tried.level.prescriptions == DAY.level.prescriptions
    assert tried.checks_per_s * tried.seconds < 1000


def test_a_day_is_told_hour_by_hour() -> None:
    series = Series()
    for second in range(240):
        for _ in range(3 if second // 10 == 11 else 1):
            series.at(second).offered += 1
    part = told(DAY, series, None)
    assert part.figures["offered_by_hour"] == [10] * 11 + [30] + [10] * 12
    assert all(len(hours) == 24 for hours in part.figures.values())
    assert part.sentences[-1] == "A Monday in 4 minutes, its busiest hour the one from 11:00."
    fit = fitted(600, spent(6.0), 2)
    assert "70% of 2 cores" in told(DAY, series, fit).sentences[0]
