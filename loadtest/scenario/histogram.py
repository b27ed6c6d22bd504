"""Latencies, counted in buckets: whatever the length of a run, the memory is the same. Error below 1 %."""

from __future__ import annotations

from array import array
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import exp, floor, log
from typing import Any

_RESOLUTION = log(1.01)
_LEAST_MS = 0.01


@dataclass(slots=True)
class Times:
    """Latencies in milliseconds. The buckets lie close together, from the first that holds any to the last."""

    count: int = 0
    longest_ms: float = 0.0
    _first: int = 0
    _counts: array[int] = field(default_factory=lambda: array("I"))

    def add(self, milliseconds: float) -> None:
        """One more."""
        self.count += 1
        self.longest_ms = max(self.longest_ms, milliseconds)
        self._add(floor(log(max(milliseconds, _LEAST_MS)) / _RESOLUTION), 1)

    def percentile_ms(self, share: float) -> float:
        """The latency that `share` (0 to 1) of all do not exceed; 0 where there are none."""
        wanted = share * self.count
        seen = 0
        for bucket, count in enumerate(self._counts, self._first):
            seen += count
            if count and seen >= wanted:
                return min(exp((bucket + 1) * _RESOLUTION), self.longest_ms)
        return 0.0

    def merge(self, other: Times) -> None:
        """Take another's in."""
        self.count += other.count
        self.longest_ms = max(self.longest_ms, other.longest_ms)
        for bucket, count in enumerate(other._counts, other._first):
            if count:
                self._add(bucket, count)

    def as_message(self) -> dict[str, Any]:
        """For another process: plain JSON."""
        return {"longest_ms": self.longest_ms, "first": self._first, "counts": self._counts.tolist()}

    @classmethod
    def of_message(cls, message: Mapping[str, Any]) -> Times:
        """What `as_message` said."""
        counts = array("I", message["counts"])
        return cls(sum(counts), message["longest_ms"], message["first"], counts)

    def _add(self, bucket: int, count: int) -> None:
        counts = self._counts
        if not counts:
            self._first = bucket
        place = bucket - self._first
        if place < 0:
            self._counts = counts = array("I", bytes(-place * counts.itemsize)) + counts
            self._first, place = bucket, 0
        elif place >= len(counts):
            counts.frombytes(bytes((place - len(counts) + 1) * counts.itemsize))
        counts[place] += count


_SHARES = {"p50_ms": 0.5, "p90_ms": 0.9, "p99_ms": 0.99, "p999_ms": 0.999}


def percentiles(times: Times) -> dict[str, float]:
    """In milliseconds, by name; the longest too."""
    told = {name: round(times.percentile_ms(share), 2) for name, share in _SHARES.items()}
    return told | {"max_ms": round(times.longest_ms, 2)}
