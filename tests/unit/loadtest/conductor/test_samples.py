"""What is handed over to Locust: counts, latencies by its keys, errors by code."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

import pytest

from loadtest.conductor.samples import CHECK, CHECK_NAME, REQUEST, ConductedStats, latency_key

NOW = datetime(2026, 11, 30, tzinfo=UTC)
SECOND = int(NOW.timestamp())


@pytest.mark.parametrize(
    ("milliseconds", "key"),
    [(0.0, 0.0), (0.04, 0.0), (0.06, 0.1), (12.34, 12.3), (99.94, 99.9), (100.0, 100.0), (123.4, 123.0), (1454.9, 1450.0), (14_549.0, 14_500.0)],
)  # fmt: skip
def test_latencies_are_counted_finely(milliseconds: float, key: float) -> None:
    assert latency_key(milliseconds) == key


def stats() -> ConductedStats:
    made = ConductedStats(lambda: NOW)
    made.check_began(1.0)
    made.check_ended(1.0, 0.0123, answered=True)
    made.check_ended(1.0, 0.5, answered=False, by_number=True)
    made.request("number", 0.01, 1.2)
    made.error("overloaded", 1.0)
    return made


def test_checks_requests_and_errors_are_handed_over_once() -> None:
    made = stats()
    taken = made.take()
    checks = taken.measured[CHECK_NAME, CHECK]
    assert (checks.count, checks.min_ms, checks.max_ms, checks.total_ms) == (2, 12.3, 500.0, 512.3)
    assert checks.latencies == Counter({12.3: 1, 500.0: 1})
    assert (checks.ends, checks.failures) == (Counter({SECOND: 2}), Counter({SECOND: 1}))
    requests = taken.measured["number", REQUEST]
    assert (requests.count, requests.failures.total()) == (1, 0)
    assert taken.errors == Counter(overloaded=1)
    assert (dict(made.take().measured), made.take().errors) == ({}, Counter())


def test_the_runs_own_statistics_are_kept() -> None:
    made = stats()
    made.take()
    assert (made.offered, made.answered, made.checks.count, made.errors["overloaded"]) == (1, 1, 2, 1)
