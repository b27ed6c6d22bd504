"""Histograms of latencies: memory does not grow with the length of a run, and the error stays below 1 %."""

from __future__ import annotations

from array import array
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import exp, floor, log
from typing import Any

_RESOLUTION = log(1.01)
_MIN_MS = 0.01
_PERCENTILES = {"p50_ms": 0.5, "p90_ms": 0.9, "p99_ms": 0.99, "p999_ms": 0.999}


def bucket_of(milliseconds: float) -> int:
    """The bucket of a latency."""
    return floor(log(max(milliseconds, _MIN_MS)) / _RESOLUTION)


@dataclass(slots=True)
class LatencyHistogram:
    """Latencies in milliseconds, in logarithmic buckets.

    The buckets are stored contiguously, from the first used one to the last.
    """

    count: int = 0
    max_ms: float = 0.0
    _first: int = 0
    _counts: array[int] = field(default_factory=lambda: array("I"))

    def add(self, milliseconds: float) -> None:
        """Add one latency."""
        self.add_to(bucket_of(milliseconds), milliseconds)

    def add_to(self, bucket: int, milliseconds: float) -> None:
        """Add one latency whose bucket is known: several histograms need it only once."""
        self.count += 1
        self.max_ms = max(self.max_ms, milliseconds)
        place = bucket - self._first
        if 0 <= place < len(self._counts):
            self._counts[place] += 1
        else:
            self._add(bucket, 1)

    def percentile_ms(self, share: float) -> float:
        """The latency that a `share` (0 to 1) of all do not exceed; 0 for an empty histogram."""
        rank = share * self.count
        cumulative = 0
        for bucket, count in enumerate(self._counts, self._first):
            cumulative += count
            if count and cumulative >= rank:
                return min(exp((bucket + 1) * _RESOLUTION), self.max_ms)
        return 0.0

    def merge(self, other: LatencyHistogram) -> None:
        """Add all latencies of another histogram."""
        self.count += other.count
        self.max_ms = max(self.max_ms, other.max_ms)
        for bucket, count in enumerate(other._counts, other._first):
            if count:
                self._add(bucket, count)

    def to_message(self) -> dict[str, Any]:
        """The histogram as JSON for another process."""
        return {"max_ms": self.max_ms, "first": self._first, "counts": self._counts.tolist()}

    @classmethod
    def from_message(cls, message: Mapping[str, Any]) -> LatencyHistogram:
        """The inverse of `to_message`."""
        counts = array("I", message["counts"])
        return cls(sum(counts), message["max_ms"], message["first"], counts)

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


def percentiles(latencies: LatencyHistogram) -> dict[str, float]:
    """The percentiles that every report contains, and the maximum, in milliseconds by name."""
    values = {name: round(latencies.percentile_ms(share), 2) for name, share in _PERCENTILES.items()}
    return values | {"max_ms": round(latencies.max_ms, 2)}
