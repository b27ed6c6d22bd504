"""The percentiles that are told of latencies, everywhere the same."""

from __future__ import annotations

from loadtest.rush.times import Times

_SHARES = {"p50_ms": 0.5, "p90_ms": 0.9, "p99_ms": 0.99, "p999_ms": 0.999}


def percentiles(times: Times) -> dict[str, float]:
    """In milliseconds, by name; the longest too."""
    told = {name: round(times.percentile_ms(share), 2) for name, share in _SHARES.items()}
    return told | {"max_ms": round(times.longest_ms, 2)}
