"""What an engine measured since it was last asked, in the form in which Locust adds figures up."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from loadtest.scenario.run_stats import RunStats

CHECK, REQUEST, ERROR = "CHECK", "REQUEST", "ERROR"
"""Methods, in Locust's words: of whole checks, of single requests, and of errors that no check names."""

CHECK_NAME = "check, from its instant"

_FINE_BELOW_MS = 100.0


def latency_key(milliseconds: float) -> float:
    """The latency as Locust counts it: to 0.1 ms below 100 ms, to three digits above."""
    return round(milliseconds, 1) if milliseconds < _FINE_BELOW_MS else float(f"{milliseconds:.3g}")


@dataclass(slots=True)
class Measured:
    """Latencies under one name, in milliseconds, and the seconds of the Unix clock in which they ended."""

    count: int = 0
    total_ms: float = 0.0
    min_ms: float | None = None
    max_ms: float = 0.0
    latencies: Counter[float] = field(default_factory=Counter)
    ends: Counter[int] = field(default_factory=Counter)
    failures: Counter[int] = field(default_factory=Counter)

    def add(self, milliseconds: float, second: int, *, failed: bool) -> None:
        """Add one latency."""
        self.count += 1
        self.total_ms += milliseconds
        self.min_ms = milliseconds if self.min_ms is None else min(self.min_ms, milliseconds)
        self.max_ms = max(self.max_ms, milliseconds)
        self.latencies[latency_key(milliseconds)] += 1
        self.ends[second] += 1
        if failed:
            self.failures[second] += 1


@dataclass(slots=True)
class Samples:
    """What was measured, by name and method, and errors by code."""

    measured: defaultdict[tuple[str, str], Measured] = field(default_factory=lambda: defaultdict(Measured))
    errors: Counter[str] = field(default_factory=Counter)


class ConductedStats(RunStats):
    """A run's statistics, which are also collected for Locust."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        super().__init__()
        self._clock = clock
        self._samples = Samples()

    def take(self) -> Samples:
        """What was measured since the last call."""
        taken, self._samples = self._samples, Samples()
        return taken

    def check_ended(self, at: float, seconds: float, *, answered: bool, by_number: bool = False) -> None:
        """Record a check, see RunStats."""
        super().check_ended(at, seconds, answered=answered, by_number=by_number)
        self._add(CHECK_NAME, CHECK, seconds, failed=not answered)

    def request(self, name: str, seconds: float, ended: float, *, refused: bool = False) -> None:
        """Record a request, see RunStats."""
        super().request(name, seconds, ended, refused=refused)
        self._add(name, REQUEST, seconds, failed=False)

    def error(self, code: str, at: float) -> None:
        """Count an error, see RunStats."""
        super().error(code, at)
        self._samples.errors[code] += 1

    def _add(self, name: str, method: str, seconds: float, *, failed: bool) -> None:
        second = int(self._clock().timestamp())
        self._samples.measured[name, method].add(seconds * 1000, second, failed=failed)
