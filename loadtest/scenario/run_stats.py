"""Statistics of a run, in total and by second, so that a fault and the recovery from it are visible.

The statistics of several generators are merged; `to_message` and `from_message` transfer them between
processes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from loadtest.scenario.histogram import LatencyHistogram, bucket_of

_COUNTS = ("offered", "answered", "broken", "requests", "numbers_failed")
_HISTOGRAMS = ("checks", "numbers", "accepted", "refused")


@dataclass(slots=True)
class SecondStats:
    """One second of a run.

    `offered`: checks scheduled in it, of which `answered` were answered; `checks`: their latencies from the
    scheduled time; `numbers`: those by number, of which `numbers_failed` failed. `errors` by code belong to
    visits scheduled in it, sign-ins and follow-ups included. `requests` of any visit were answered in it,
    whenever that visit began. `broken`: visits whose check was answered, and of which something failed later.
    `accepted` and `refused`: latencies of requests that were sent in it.
    """

    offered: int = 0
    answered: int = 0
    broken: int = 0
    requests: int = 0
    errors: Counter[str] = field(default_factory=Counter)
    checks: LatencyHistogram = field(default_factory=LatencyHistogram)
    numbers: LatencyHistogram = field(default_factory=LatencyHistogram)
    numbers_failed: int = 0
    accepted: LatencyHistogram = field(default_factory=LatencyHistogram)
    refused: LatencyHistogram = field(default_factory=LatencyHistogram)

    def merge(self, other: SecondStats) -> None:
        """Add another generator's statistics of the same second."""
        self.errors.update(other.errors)
        for name in _COUNTS:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for name in _HISTOGRAMS:
            getattr(self, name).merge(getattr(other, name))

    def to_message(self) -> dict[str, Any]:
        """The statistics as JSON for another process."""
        counts = {name: getattr(self, name) for name in _COUNTS}
        histograms = {name: getattr(self, name).to_message() for name in _HISTOGRAMS}
        return counts | histograms | {"errors": dict(self.errors)}

    @classmethod
    def from_message(cls, message: Mapping[str, Any]) -> SecondStats:
        """The inverse of `to_message`."""
        second = cls(errors=Counter(message["errors"]))
        for name in _COUNTS:
            setattr(second, name, message[name])
        for name in _HISTOGRAMS:
            setattr(second, name, LatencyHistogram.from_message(message[name]))
        return second


class TimeSeries:
    """The seconds of a run from its start to the last one with any event, empty ones included."""

    def __init__(self) -> None:
        self._seconds: list[SecondStats] = []

    def __len__(self) -> int:
        return len(self._seconds)

    def __iter__(self) -> Iterator[SecondStats]:
        return iter(self._seconds)

    def at(self, seconds: float) -> SecondStats:
        """The second of the run that contains an instant; created if necessary."""
        place = max(0, int(seconds))
        while len(self._seconds) <= place:
            self._seconds.append(SecondStats())
        return self._seconds[place]

    def between(self, begin: float, end: float) -> SecondStats:
        """The statistics from one instant to another, merged; whole seconds only."""
        merged = SecondStats()
        for second in self._seconds[max(0, int(begin)) : max(0, int(end))]:
            merged.merge(second)
        return merged

    def merge(self, other: TimeSeries) -> None:
        """Add another generator's seconds."""
        for place, second in enumerate(other):
            self.at(place).merge(second)

    def to_message(self) -> list[dict[str, Any]]:
        """The series as JSON for another process."""
        return [second.to_message() for second in self._seconds]

    @classmethod
    def from_message(cls, message: list[dict[str, Any]]) -> TimeSeries:
        """The inverse of `to_message`."""
        series = cls()
        series._seconds = list(map(SecondStats.from_message, message))
        return series


@dataclass(slots=True)
class RunStats:
    """Statistics of a run.

    Latencies of checks count from the scheduled time, those of requests from their sending. Instants (`at`)
    are in seconds of the run: a visit's is its scheduled time.
    """

    offered: int = 0
    """Checks that began."""
    answered: int = 0
    errors: Counter[str] = field(default_factory=Counter)
    checks: LatencyHistogram = field(default_factory=LatencyHistogram)
    start_delays: LatencyHistogram = field(default_factory=LatencyHistogram)
    """How late visits began, which is the generator's own lateness."""
    requests: dict[str, LatencyHistogram] = field(default_factory=dict)
    last_answer_at: float = 0.0
    series: TimeSeries = field(default_factory=TimeSeries)
    histories_compared: int = 0
    """Histories compared with the run's own entries."""
    histories_wrong: Counter[str] = field(default_factory=Counter)

    def check_began(self, at: float) -> None:
        """Count a check that began."""
        self.offered += 1
        self.series.at(at).offered += 1

    def check_ended(self, at: float, seconds: float, *, answered: bool, by_number: bool = False) -> None:
        """Record a check's latency from its scheduled time, and whether it was answered."""
        milliseconds = seconds * 1000
        bucket, second = bucket_of(milliseconds), self.series.at(at)
        if by_number:
            second.numbers.add_to(bucket, milliseconds)
            second.numbers_failed += not answered
        for histogram in (self.checks, second.checks):
            histogram.add_to(bucket, milliseconds)
        self.answered += answered
        second.answered += answered

    def visit_broken(self, at: float) -> None:
        """Count a visit of which something failed after its check was answered."""
        self.series.at(at).broken += 1

    def request(self, name: str, seconds: float, ended: float, *, refused: bool = False) -> None:
        """Record a request's latency. `ended`: when it was answered; `refused`: because the fund is overloaded."""
        milliseconds = seconds * 1000
        bucket, histogram = bucket_of(milliseconds), self.requests.get(name)
        if histogram is None:
            histogram = self.requests[name] = LatencyHistogram()
        histogram.add_to(bucket, milliseconds)
        self.series.at(ended).requests += 1
        began = self.series.at(ended - seconds)
        (began.refused if refused else began.accepted).add_to(bucket, milliseconds)

    def error(self, code: str, at: float) -> None:
        """Count an error of a visit."""
        self.errors[code] += 1
        self.series.at(at).errors[code] += 1

    def merge(self, other: RunStats) -> None:
        """Add another generator's statistics of the same run."""
        self.offered += other.offered
        self.answered += other.answered
        self.errors.update(other.errors)
        self.checks.merge(other.checks)
        self.start_delays.merge(other.start_delays)
        for name, histogram in other.requests.items():
            self.requests.setdefault(name, LatencyHistogram()).merge(histogram)
        self.last_answer_at = max(self.last_answer_at, other.last_answer_at)
        self.series.merge(other.series)
        self.histories_compared += other.histories_compared
        self.histories_wrong.update(other.histories_wrong)

    def to_message(self) -> dict[str, Any]:
        """The statistics as JSON for another process, without the sums that follow from the series."""
        return {
            "start_delays": self.start_delays.to_message(),
            "requests": {name: histogram.to_message() for name, histogram in self.requests.items()},
            "last_answer_at": self.last_answer_at,
            "series": self.series.to_message(),
            "histories_compared": self.histories_compared,
            "histories_wrong": dict(self.histories_wrong),
        }

    @classmethod
    def from_message(cls, message: Mapping[str, Any]) -> RunStats:
        """The inverse of `to_message`."""
        series = TimeSeries.from_message(message["series"])
        total = series.between(0, len(series))
        return cls(
            total.offered,
            total.answered,
            total.errors,
            total.checks,
            LatencyHistogram.from_message(message["start_delays"]),
            {name: LatencyHistogram.from_message(one) for name, one in message["requests"].items()},
            message["last_answer_at"],
            series,
            message["histories_compared"],
            Counter(message["histories_wrong"]),
        )
