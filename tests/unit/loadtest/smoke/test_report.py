"""The verdict and the report of a smoke test."""

from __future__ import annotations

import io
from typing import Any

import pytest
from rich.console import Console

from loadtest.smoke.report import SmokeReport, Timing, show


def report(**changes: Any) -> SmokeReport:
    fields: dict[str, Any] = {
        "seconds": 20.04,
        "users": 2,
        "taps": Timing("tap", 501, 0, 12.0, 31.0),
        "requests": [Timing("/v1/token", 2, 0, 9.0, 9.0)],
        "failures": {},
        "silent": [],
    }
    return SmokeReport(**fields | changes)


@pytest.mark.parametrize(
    ("changes", "passed"),
    [({}, True), ({"failures": {"overloaded": 1}}, False), ({"silent": ["valid"]}, False)],
)
def test_it_passes_without_failures_and_with_a_right_answer_for_every_user(
    changes: dict[str, Any], passed: bool
) -> None:
    assert report(**changes).passed is passed


def test_json_contains_the_rate_and_latencies() -> None:
    assert report(failures={"overloaded": 1}, silent=["ended"]).as_json() == {
        "passed": False,
        "seconds": 20.0,
        "users": 2,
        "taps": 501,
        "taps_per_second": 25.0,
        "p50_ms": 12.0,
        "p95_ms": 31.0,
        "failures": {"overloaded": 1},
        "silent_cards": ["ended"],
        "requests": [{"name": "/v1/token", "count": 2, "failures": 0, "p50_ms": 9.0, "p95_ms": 9.0}],
    }


def test_the_console_shows_failures_by_code_and_the_verdict() -> None:
    console = Console(file=io.StringIO(), record=True, width=100)
    show(console, report(failures={"overloaded": 3}, silent=["ended"]))
    text = console.export_text()
    for words in ("3 × overloaded", "no right answer: ended", "不合格 / failed", "/v1/token"):
        assert words in text
