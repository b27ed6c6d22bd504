"""The calibration of a day to a machine by the cost of a check."""

from __future__ import annotations

import pytest

from loadtest.machine.costs import CpuUsage
from loadtest.run.calibration import (
    BUSIEST_PER_S,
    MAX_SCALE,
    MIN_SCALE,
    TARGET_LOAD,
    calibrate,
    day_section,
    probe,
)
from loadtest.scenario.levels import LEVELS, Shape
from loadtest.scenario.plan import Plan
from loadtest.scenario.run_stats import TimeSeries

DAY = Plan(LEVELS["day"], 240.0, 1.0, 1)


def cpu(seconds: float) -> CpuUsage:
    return CpuUsage(15.0, {"api": seconds * 0.5, "database": seconds * 0.3, "generator": seconds * 0.2})


@pytest.mark.parametrize(("answered", "seconds", "cores"), [(600, 6.0, 2), (600, 6.0, 8), (300, 0.6, 2)])
def test_at_the_scale_the_busiest_minute_keeps_its_share_of_the_cores_busy(
    answered: int, seconds: float, cores: int
) -> None:
    calibration = calibrate(answered, cpu(seconds), cores)
    assert calibration.ms_per_check == pytest.approx(1000 * seconds / answered)
    assert BUSIEST_PER_S * calibration.scale * seconds / answered == pytest.approx(
        TARGET_LOAD * cores, rel=0.01
    )


@pytest.mark.parametrize(
    ("answered", "seconds", "scale"),
    [(0, 1.0, MIN_SCALE), (600, 0.0, MIN_SCALE), (1, 1000.0, MIN_SCALE), (10**6, 0.1, MAX_SCALE)],
)
def test_the_scale_stays_within_its_limits(answered: int, seconds: float, scale: float) -> None:
    assert calibrate(answered, cpu(seconds), 2).scale == scale


def test_a_probe_is_short_steady_and_has_the_days_mix() -> None:
    short = probe(DAY)
    assert (short.level.shape, short.level.by_card) == (Shape.STEADY, DAY.level.by_card)
    assert short.level.prescriptions == DAY.level.prescriptions
    assert short.checks_per_s * short.seconds < 1000


def test_the_section_of_a_day_has_figures_by_hour() -> None:
    series = TimeSeries()
    for second in range(240):
        for _ in range(3 if second // 10 == 11 else 1):
            series.at(second).offered += 1
    section = day_section(DAY, series, None)
    assert section.figures["offered_by_hour"] == [10] * 11 + [30] + [10] * 12
    assert all(len(hours) == 24 for hours in section.figures.values())
    assert section.sentences[-1].en == "A Monday in 4 minutes, its busiest hour the one from 11:00."
    calibration = calibrate(600, cpu(6.0), 2)
    sentence = day_section(DAY, series, calibration).sentences[0]
    assert "70% of 2 cores" in sentence.en
    assert "2コアの約70%" in sentence.ja
