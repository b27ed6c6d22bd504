"""Calibrates the scale of a day to this machine: a probe at a low rate measures the cost of a check."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from loadtest.arrivals import HOURS
from loadtest.machine.costs import CpuUsage
from loadtest.scenario.levels import LEVELS, Shape
from loadtest.scenario.plan import Plan
from loadtest.scenario.run_stats import SecondStats, TimeSeries
from loadtest.sections import ReportSection, Text

TARGET_LOAD = 0.7
"""Share of all cores that the day's busiest minute should keep busy, the generator included."""

PROBE_PER_S, PROBE_SECONDS = 40.0, 15.0
"""Rate of the probe, far below the capacity of any machine, and its duration."""

MIN_SCALE, MAX_SCALE = 0.001, 10.0

BUSIEST_PER_S = LEVELS["L1"].checks_per_s
"""Checks a second in the busiest minute of the day, at scale 1."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """The calibrated scale of a day.

    At `scale` the busiest minute keeps `TARGET_LOAD` of `cores` busy, if a check costs what it did in the
    probe.
    """

    scale: float
    ms_per_check: float
    cores: int


def probe(plan: Plan) -> Plan:
    """A short steady run of the same mix."""
    level = replace(plan.level, shape=Shape.STEADY, checks_per_s=PROBE_PER_S)
    return replace(plan, level=level, seconds=PROBE_SECONDS, scale=1.0)


def calibrate(answered: int, cpu: CpuUsage, cores: int) -> Calibration:
    """The scale that follows from a probe; the minimum if nothing was answered."""
    if not answered or not sum(cpu.cpu.values()):
        return Calibration(MIN_SCALE, 0.0, cores)
    seconds_per_check = sum(cpu.cpu.values()) / answered
    scale = TARGET_LOAD * cores / (BUSIEST_PER_S * seconds_per_check)
    return Calibration(round(min(max(scale, MIN_SCALE), MAX_SCALE), 3), seconds_per_check * 1000, cores)


def day_section(plan: Plan, series: TimeSeries, calibration: Calibration | None) -> ReportSection:
    """The report's section about a day."""
    hours = [_hour(plan, series, hour) for hour in range(HOURS)]
    offered = [stats.offered for stats in hours]
    busiest, minutes = offered.index(max(offered)), plan.seconds / 60
    day = Text(
        f"月曜日1日を{minutes:g}分に圧縮。最も混む時間帯は{busiest}時台です。",
        f"A Monday in {minutes:g} minutes, its busiest hour the one from {busiest}:00.",
    )
    figures: dict[str, Any] = {
        "offered_by_hour": offered,
        "answered_by_hour": [stats.answered for stats in hours],
        "errors_by_hour": [stats.errors.total() for stats in hours],
        "p99_ms_by_hour": [round(stats.checks.percentile_ms(0.99), 1) for stats in hours],
    }
    if calibration is not None:
        figures |= {
            "cpu_ms_per_check": round(calibration.ms_per_check, 2),
            "calibrated_scale": calibration.scale,
            "cores": calibration.cores,
        }
    return ReportSection("day", Text("1日の負荷", "The day"), (*_scale(plan, calibration), day), figures)


def _scale(plan: Plan, calibration: Calibration | None) -> Iterator[Text]:
    busiest = BUSIEST_PER_S * plan.scale
    if calibration is None:
        yield Text(
            f"最も混む1分は毎秒{busiest:,.0f}件で、全国の {plan.scale:g} 倍です。",
            f"The busiest minute has {busiest:,.0f} checks/s, {plan.scale:g} of those nationwide.",
        )
        return
    ms, scale, cores = calibration.ms_per_check, calibration.scale, calibration.cores
    yield Text(
        f"毎秒{PROBE_PER_S:g}件・{PROBE_SECONDS:g}秒の試行で、照会1件の CPU 時間は負荷発生器の分を含めて"
        f"{ms:.1f}ミリ秒でした。最も混む1分（毎秒{busiest:,.0f}件）に{cores}コアの約{TARGET_LOAD:.0%}を使うよう、"
        f"倍率を {scale:g} とします。",
        f"A check took {ms:.1f} ms of processor time in a run of {PROBE_SECONDS:g} s at {PROBE_PER_S:g}"
        f" checks/s, the generator's part included. The scale is {scale:g}, so that the busiest minute with its"
        f" {busiest:,.0f} checks/s keeps about {TARGET_LOAD:.0%} of {cores} cores busy.",
    )


def _hour(plan: Plan, series: TimeSeries, hour: int) -> SecondStats:
    """The statistics of one hour of the day, in whole seconds of the run."""
    length = plan.seconds / HOURS
    return series.between(round(hour * length), round((hour + 1) * length))
