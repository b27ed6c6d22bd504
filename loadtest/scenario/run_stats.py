"""What a run saw: as a whole, and second by second, so that a fault and the recovery from it can be told from it.

Several generators' sights become one by `merge`. `as_message` and `of_message` carry one from process to process.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from loadtest.scenario.histogram import Times

_COUNTS = ("offered", "answered", "requests", "numbers_unanswered")
_TIMES = ("checks", "numbers")


@dataclass(slots=True)
class Second:
    """One second of a run.

    `offered` checks were meant to begin in it; `answered` of them were, after `checks` (counted from the intended
    start); `numbers` are those by number among them, of which `numbers_unanswered` failed. `errors` by code are of visits that were meant to begin in it, sign-ins and what follows a check among them.
    `requests` of any visit were answered in it, whenever that began.
    """

    offered: int = 0
    answered: int = 0
    requests: int = 0
    errors: Counter[str] = field(default_factory=Counter)
    checks: Times = field(default_factory=Times)
    numbers: Times = field(default_factory=Times)
    numbers_unanswered: int = 0

    def merge(self, other: Second) -> None:
        """Take another generator's same second in."""
        self.offered += other.offered
        self.answered += other.answered
        self.requests += other.requests
        self.errors.update(other.errors)
        self.checks.merge(other.checks)
        self.numbers.merge(other.numbers)
        self.numbers_unanswered += other.numbers_unanswered

    def as_message(self) -> dict[str, Any]:
        """For another process: plain JSON."""
        counts = {name: getattr(self, name) for name in _COUNTS}
        times = {name: getattr(self, name).as_message() for name in _TIMES}
        return counts | times | {"errors": dict(self.errors)}

    @classmethod
    def of_message(cls, message: Mapping[str, Any]) -> Second:
        """What `as_message` said."""
        second = cls(errors=Counter(message["errors"]))
        for name in _COUNTS:
            setattr(second, name, message[name])
        for name in _TIMES:
            setattr(second, name, Times.of_message(message[name]))
        return second


class Series:
    """The seconds of a run from its beginning to the last in which anything was seen, those without anything too."""

    def __init__(self) -> None:
        self._seconds: list[Second] = []

    def __len__(self) -> int:
        return len(self._seconds)

    def __iter__(self) -> Iterator[Second]:
        return iter(self._seconds)

    def at(self, seconds: float) -> Second:
        """The second in which an instant lies, given in seconds from the beginning; it can be added to."""
        place = max(0, int(seconds))
        while len(self._seconds) <= place:
            self._seconds.append(Second())
        return self._seconds[place]

    def between(self, begin: float, end: float) -> Second:
        """Everything from one instant up to another, as if it were one second; whole seconds only."""
        together = Second()
        for second in self._seconds[max(0, int(begin)) : max(0, int(end))]:
            together.merge(second)
        return together

    def merge(self, other: Series) -> None:
        """Take another generator's seconds in."""
        for place, second in enumerate(other):
            self.at(place).merge(second)

    def as_message(self) -> list[dict[str, Any]]:
        """For another process: plain JSON."""
        return [second.as_message() for second in self._seconds]

    @classmethod
    def of_message(cls, message: list[dict[str, Any]]) -> Series:
        """What `as_message` said."""
        series = cls()
        series._seconds = list(map(Second.of_message, message))
        return series


@dataclass(slots=True)
class Seen:
    """What was seen of a run. Latencies of checks count from the intended start, those of requests from their sending.

    Instants (`at`) are seconds from the beginning: of a visit, that at which it was meant to begin.
    """

    offered: int = 0
    """Checks that began."""
    answered: int = 0
    errors: Counter[str] = field(default_factory=Counter)
    checks: Times = field(default_factory=Times)
    lags: Times = field(default_factory=Times)
    """How late visits began: the generator's own lateness."""
    requests: dict[str, Times] = field(default_factory=dict)
    last_answer_after: float = 0.0
    """Seconds from the beginning to the last answer."""
    series: Series = field(default_factory=Series)
    looks: int = 0
    """Looks at histories that were held against what had been told."""
    looks_wrong: Counter[str] = field(default_factory=Counter)

    def check_began(self, at: float) -> None:
        """One check more."""
        self.offered += 1
        self.series.at(at).offered += 1

    def check_ended(self, at: float, seconds: float, *, answered: bool, by_number: bool = False) -> None:
        """A check took so many seconds from its intended start, and was answered or not."""
        second = self.series.at(at)
        if by_number:
            second.numbers.add(seconds * 1000)
            second.numbers_unanswered += not answered
        for times in (self.checks, second.checks):
            times.add(seconds * 1000)
        self.answered += answered
        second.answered += answered

    def request(self, what: str, seconds: float, ended: float) -> None:
        """One request more was answered, so many seconds after the beginning."""
        self.requests.setdefault(what, Times()).add(seconds * 1000)
        self.series.at(ended).requests += 1

    def error(self, code: str, at: float) -> None:
        """Something of a visit was not answered as it should."""
        self.errors[code] += 1
        self.series.at(at).errors[code] += 1

    def merge(self, other: Seen) -> None:
        """Take another generator's sight of the same run in."""
        self.offered += other.offered
        self.answered += other.answered
        self.errors.update(other.errors)
        self.checks.merge(other.checks)
        self.lags.merge(other.lags)
        for what, times in other.requests.items():
            self.requests.setdefault(what, Times()).merge(times)
        self.last_answer_after = max(self.last_answer_after, other.last_answer_after)
        self.series.merge(other.series)
        self.looks += other.looks
        self.looks_wrong.update(other.looks_wrong)

    def as_message(self) -> dict[str, Any]:
        """For another process: plain JSON. The sums of the series are not said twice."""
        return {
            "lags": self.lags.as_message(),
            "requests": {what: times.as_message() for what, times in self.requests.items()},
            "last_answer_after": self.last_answer_after,
            "series": self.series.as_message(),
            "looks": self.looks,
            "looks_wrong": dict(self.looks_wrong),
        }

    @classmethod
    def of_message(cls, message: Mapping[str, Any]) -> Seen:
        """What `as_message` said."""
        series = Series.of_message(message["series"])
        whole = series.between(0, len(series))
        return cls(
            whole.offered,
            whole.answered,
            whole.errors,
            whole.checks,
            Times.of_message(message["lags"]),
            {what: Times.of_message(times) for what, times in message["requests"].items()},
            message["last_answer_after"],
            series,
            message["looks"],
            Counter(message["looks_wrong"]),
        )
