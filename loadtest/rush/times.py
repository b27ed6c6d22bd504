"""Latencies, counted in buckets: whatever the length of a run, the memory is the same. Error below 1 %."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import exp, floor, log
from typing import Any

_RESOLUTION = log(1.01)
_LEAST_MS = 0.01


@dataclass(slots=True)
class Times:
    """Latencies in milliseconds."""

    count: int = 0
    longest_ms: float = 0.0
    _buckets: Counter[int] = field(default_factory=Counter)

    def add(self, milliseconds: float) -> None:
        """One more."""
        self.count += 1
        self.longest_ms = max(self.longest_ms, milliseconds)
        self._buckets[floor(log(max(milliseconds, _LEAST_MS)) / _RESOLUTION)] += 1

    def percentile_ms(self, share: float) -> float:
        """The latency that `share` (0 to 1) of all do not exceed; 0 where there are none."""
        wanted = share * self.count
        seen = 0
        for bucket in sorted(self._buckets):
            seen += self._buckets[bucket]
            if seen >= wanted:
                return min(exp((bucket + 1) * _RESOLUTION), self.longest_ms)
        return 0.0

    def merge(self, other: Times) -> None:
        """Take another's in."""
        self.count += other.count
        self.longest_ms = max(self.longest_ms, other.longest_ms)
        self._buckets.update(other._buckets)

    def as_message(self) -> dict[str, Any]:
        """For another process: plain JSON."""
        return {"longest_ms": self.longest_ms, "buckets": sorted(self._buckets.items())}

    @classmethod
    def of_message(cls, message: Mapping[str, Any]) -> Times:
        """What `as_message` said."""
        buckets = Counter[int](dict(message["buckets"]))
        return cls(buckets.total(), message["longest_ms"], buckets)
