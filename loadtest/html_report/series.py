"""The lines of a run's charts: its seconds and samples, thinned to as many points as are visible."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import ceil
from typing import TypeVar

from loadtest.database.waits import WaitSamples
from loadtest.html_report.charts import Points
from loadtest.machine.sampling import Sample
from loadtest.scenario.run_stats import SecondStats, TimeSeries

MAX_POINTS = 240

OTHERS = "他の処理 / others"
"""Processes of this machine that do not belong to the run."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Interval:
    """Some seconds of a run, merged. `at`: when they began."""

    at: float
    seconds: int
    stats: SecondStats


def intervals(series: TimeSeries) -> list[Interval]:
    """A run in at most `MAX_POINTS` intervals of whole seconds."""
    count, length = len(series), max(1, ceil(len(series) / MAX_POINTS))
    return [
        Interval(float(at), min(length, count - at), series.between(at, at + length))
        for at in range(0, count, length)
    ]


def latencies(run: Sequence[Interval]) -> dict[str, Points]:
    """Latencies of checks in milliseconds, by scheduled time; none where no check was answered."""

    def points(share: float) -> Points:
        return [(one.at, one.stats.checks.percentile_ms(share) or None) for one in run]

    return {"p50": points(0.5), "p90": points(0.9), "p99": points(0.99)}


def rates(run: Sequence[Interval]) -> dict[str, Points]:
    """Rates per second: checks offered, checks answered, and requests answered.

    Checks count at their scheduled time, requests at the time of their answer.
    """

    def points(count: Callable[[SecondStats], int]) -> Points:
        return [(one.at, count(one.stats) / one.seconds) for one in run]

    return {
        "照会（到着） / checks offered": points(lambda second: second.offered),
        "照会（回答） / checks answered": points(lambda second: second.answered),
        "リクエスト（回答） / requests answered": points(lambda second: second.requests),
    }


def errors(run: Sequence[Interval]) -> dict[str, Points]:
    """Errors per second, by code, the most frequent first."""
    total: Counter[str] = Counter()
    for one in run:
        total.update(one.stats.errors)
    return {
        code: [(one.at, one.stats.errors[code] / one.seconds) for one in run]
        for code, count in total.most_common()
        if count
    }


def processors(samples: Sequence[Sample], began: float) -> dict[str, Points]:
    """Cores kept busy by each process of the run, and by all others together."""
    others = [_point(group, began, lambda sample: sample.others) for group in _groups(samples)]
    own = _of_processes(samples, began, lambda sample, name: sample.processes[name].cores)
    return own | ({OTHERS: others} if others else {})


def memory(samples: Sequence[Sample], began: float) -> dict[str, Points]:
    """Unshared memory of each process, in MiB."""
    return _of_processes(samples, began, lambda sample, name: sample.processes[name].memory_mib)


def host(samples: Sequence[Sample], began: float) -> dict[str, Points]:
    """Idle and steal time, in per cent of all processors."""
    groups = list(_groups(samples))
    return {
        "アイドル / idle": [_point(group, began, lambda sample: 100 * sample.idle) for group in groups],
        "スチール時間 / steal": [_point(group, began, lambda sample: 100 * sample.steal) for group in groups],
    }


def waits(samples: WaitSamples, began: float) -> dict[str, Points]:
    """Mean number of active sessions by type of wait event."""
    kinds = sorted({kind for _, counts in samples.seconds.values() for kind in counts})
    groups = list(_groups([(second, *samples.seconds[second]) for second in sorted(samples.seconds)]))

    def mean(group: Sequence[tuple[int, int, Counter[str]]], kind: str) -> float:
        return sum(counts[kind] for _, _, counts in group) / sum(count for _, count, _ in group)

    return {kind: [(max(0.0, group[0][0] - began), mean(group, kind)) for group in groups] for kind in kinds}


def _of_processes(
    samples: Sequence[Sample], began: float, value: Callable[[Sample, str], float]
) -> dict[str, Points]:
    groups = list(_groups(samples))
    names = sorted({name for sample in samples for name in sample.processes})

    def point(group: Sequence[Sample], name: str) -> tuple[float, float | None]:
        alive = [sample for sample in group if name in sample.processes]
        if not alive:
            return group[0].at - began, None
        return _point(alive, began, lambda sample: value(sample, name))

    return {name: [point(group, name) for group in groups] for name in names}


def _groups(items: Sequence[T]) -> Iterator[Sequence[T]]:
    """Groups of neighbours, at most `MAX_POINTS` of them."""
    length = max(1, ceil(len(items) / MAX_POINTS))
    return (items[begin : begin + length] for begin in range(0, len(items), length))


def _point(
    group: Sequence[Sample], began: float, value: Callable[[Sample], float]
) -> tuple[float, float | None]:
    return max(0.0, group[0].at - began), sum(map(value, group)) / len(group)
