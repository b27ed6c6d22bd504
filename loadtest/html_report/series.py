"""The curves of a run: its seconds and samples, thinned to as many points as an eye can tell apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import ceil
from typing import TypeVar

from loadtest.database.waits import WaitSamples
from loadtest.html_report.charts import Curve
from loadtest.machine.sampling import Sample
from loadtest.scenario.run_stats import Second, Series

MOST_POINTS = 240

OTHERS = "ほか / others"
"""Whatever this machine did beside."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Stretch:
    """Some seconds of a run as one. `at`: when they began."""

    at: float
    seconds: int
    seen: Second


def stretches(series: Series) -> list[Stretch]:
    """A run in at most so many stretches of whole seconds."""
    count, length = len(series), max(1, ceil(len(series) / MOST_POINTS))
    return [
        Stretch(float(at), min(length, count - at), series.between(at, at + length))
        for at in range(0, count, length)
    ]


def latencies(seen: Sequence[Stretch]) -> dict[str, Curve]:
    """Of checks, in milliseconds, by the second in which they were to begin; none where nobody came."""

    def curve(share: float) -> Curve:
        return [(one.at, one.seen.checks.percentile_ms(share) or None) for one in seen]

    return {"p50": curve(0.5), "p90": curve(0.9), "p99": curve(0.99)}


def rates(seen: Sequence[Stretch]) -> dict[str, Curve]:
    """A second: checks that were to begin, those of them that were answered, and requests of any kind as they ended."""

    def curve(count: Callable[[Second], int]) -> Curve:
        return [(one.at, count(one.seen) / one.seconds) for one in seen]

    return {
        "照会（到着） / checks offered": curve(lambda second: second.offered),
        "照会（回答） / checks answered": curve(lambda second: second.answered),
        "要求（回答） / requests answered": curve(lambda second: second.requests),
    }


def errors(seen: Sequence[Stretch]) -> dict[str, Curve]:
    """A second, by code, the most frequent first."""
    total: Counter[str] = Counter()
    for one in seen:
        total.update(one.seen.errors)
    return {
        code: [(one.at, one.seen.errors[code] / one.seconds) for one in seen]
        for code, count in total.most_common()
        if count
    }


def processors(samples: Sequence[Sample], began: float) -> dict[str, Curve]:
    """Cores that each process kept busy, and all those that do not belong to the run."""
    others = [_point(group, began, lambda sample: sample.others) for group in _groups(samples)]
    mine = _of_processes(samples, began, lambda sample, name: sample.processes[name].cores)
    return mine | ({OTHERS: others} if others else {})


def memory(samples: Sequence[Sample], began: float) -> dict[str, Curve]:
    """Unshared memory of each process, in MiB."""
    return _of_processes(samples, began, lambda sample, name: sample.processes[name].memory_mib)


def host(samples: Sequence[Sample], began: float) -> dict[str, Curve]:
    """Percent of all processors."""
    groups = list(_groups(samples))
    return {
        "空き / idle": [_point(group, began, lambda sample: 100 * sample.idle) for group in groups],
        "仮想化に取られた分 / stolen": [
            _point(group, began, lambda sample: 100 * sample.steal) for group in groups
        ],
    }


def waits(seen: WaitSamples, began: float) -> dict[str, Curve]:
    """Active sessions at a time, by the kind of what they waited for."""
    kinds = sorted({kind for _, counts in seen.seconds.values() for kind in counts})
    groups = list(_groups([(second, *seen.seconds[second]) for second in sorted(seen.seconds)]))

    def mean(group: Sequence[tuple[int, int, Counter[str]]], kind: str) -> float:
        return sum(counts[kind] for _, _, counts in group) / sum(looks for _, looks, _ in group)

    return {kind: [(max(0.0, group[0][0] - began), mean(group, kind)) for group in groups] for kind in kinds}


def _of_processes(
    samples: Sequence[Sample], began: float, value: Callable[[Sample, str], float]
) -> dict[str, Curve]:
    groups = list(_groups(samples))
    names = sorted({name for sample in samples for name in sample.processes})

    def point(group: Sequence[Sample], name: str) -> tuple[float, float | None]:
        alive = [sample for sample in group if name in sample.processes]
        return (
            _point(alive, began, lambda sample: value(sample, name)) if alive else (group[0].at - began, None)
        )

    return {name: [point(group, name) for group in groups] for name in names}


def _groups(items: Sequence[T]) -> Iterator[Sequence[T]]:
    """As many neighbours together as leave at most so many points."""
    length = max(1, ceil(len(items) / MOST_POINTS))
    return (items[begin : begin + length] for begin in range(0, len(items), length))


def _point(
    group: Sequence[Sample], began: float, value: Callable[[Sample], float]
) -> tuple[float, float | None]:
    return max(0.0, group[0].at - began), sum(map(value, group)) / len(group)
