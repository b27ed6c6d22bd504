"""Adds an engine's samples to Locust's statistics, as a master adds its workers' reports."""

from __future__ import annotations

from collections import defaultdict

from locust.stats import RequestStats, StatsEntry, StatsError

from loadtest.conductor.samples import CHECK, ERROR, Measured, Samples


def add_samples(stats: RequestStats, samples: Samples) -> None:
    """Add samples under their names. Only checks are in the total: the page's rate is that of checks."""
    for (name, method), measured in samples.measured.items():
        entry = _entry(stats, name, method, measured)
        stats.entries[name, method].extend(entry)
        if method == CHECK:
            stats.total.extend(entry)
    for code, count in samples.errors.items():
        key = StatsError.create_key(ERROR, code, code)
        error = stats.errors.setdefault(key, StatsError(ERROR, code, code))
        error.occurrences += count


def _entry(stats: RequestStats, name: str, method: str, measured: Measured) -> StatsEntry:
    """Locust's form. Its annotations say whole milliseconds; it computes with fractions just as well."""
    entry = StatsEntry(stats, name, method)
    entry.num_requests = measured.count
    entry.num_failures = measured.failures.total()
    entry.total_response_time = measured.total_ms  # type: ignore[assignment]
    entry.min_response_time = measured.min_ms  # type: ignore[assignment]
    entry.max_response_time = measured.max_ms  # type: ignore[assignment]
    entry.response_times = defaultdict(int, measured.latencies)  # type: ignore[arg-type]
    entry.num_reqs_per_sec = defaultdict(int, measured.ends)
    entry.num_fail_per_sec = defaultdict(int, measured.failures)
    entry.start_time, entry.last_request_timestamp = float(min(measured.ends)), float(max(measured.ends))
    return entry
