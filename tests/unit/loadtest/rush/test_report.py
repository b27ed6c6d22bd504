"""A run's figures and verdict."""

from __future__ import annotations

import io
from collections import Counter
from typing import Any

import pytest
from rich.console import Console

from loadtest.generating.messages import Effort
from loadtest.machine.costs import API, GENERATOR, Spent
from loadtest.rush.levels import LEVELS
from loadtest.rush.plan import Plan
from loadtest.rush.report import RushReport, show
from loadtest.rush.seen import Seen
from loadtest.rush.times import Times

SPENT = Spent(10.0, {API: 9.0, GENERATOR: 3.0})


def effort(cpu_seconds: float) -> Effort:
    """Of a generator, in ten seconds."""
    return Effort(seconds=10.0, cpu_seconds=cpu_seconds, memory_mib=60.0, connections=5)


def times(*milliseconds: float) -> Times:
    made = Times()
    for one in milliseconds:
        made.add(one)
    return made


def seen(**changes: Any) -> Seen:
    usual: dict[str, Any] = {
        "offered": 3160, "answered": 3160, "checks": times(*[9.0] * 99, 40.0), "lags": times(1.0),
        "requests": {"number": times(*[8.0] * 20)}, "last_answer_after": 10.0,
    }  # fmt: skip
    return Seen(**usual | changes)


def report(level: str = "L0", **changes: Any) -> RushReport:
    usual: dict[str, Any] = {
        "plan": Plan(LEVELS[level], 10.0, 1.0, 1), "seen": seen(), "spent": SPENT, "memory": {API: 200.0},
        "compared": 1043, "wrong": {}, "size": {"people": 3000}, "efforts": [effort(3.0), effort(4.0)],
    }  # fmt: skip
    return RushReport(**usual | changes)


def test_offered_and_achieved_are_told_apart() -> None:
    told = report(seen=seen(answered=2000, last_answer_after=20.0)).as_json()
    assert (told["offered_checks_per_s"], told["achieved_checks_per_s"]) == (316.0, 100.0)
    assert told["achieved_requests_per_s"] == 1.0
    assert told["carried"] is False


def test_json_has_the_figures_that_are_promised() -> None:
    told = report().as_json()
    promised = {
        "level", "offered_checks_per_s", "achieved_checks_per_s", "achieved_requests_per_s", "p50_ms", "p99_ms",
        "p999_ms", "errors", "wrong_answers", "generator_bound", "cpu_cores", "memory_mib", "verdict",
    }  # fmt: skip
    assert promised <= told.keys()
    assert told["cpu_cores"] == {API: 0.9, GENERATOR: 0.3}


@pytest.mark.parametrize(
    ("changes", "passed", "carried", "words"),
    [
        (
            {},
            True,
            True,
            "This machine carried L0 (the mean of a weekday over ten hours): 316 of 316 checks/s",
        ),
        ({"seen": seen(checks=times(*[90.0] * 100))}, True, False, "did not carry L0"),
        ({"seen": seen(answered=3100)}, True, False, "did not carry L0"),
        ({"seen": seen(errors=Counter(overloaded=1))}, False, False, "without errors"),
        ({"wrong": {"validity": 2}}, False, False, "2 of 1043 compared answers were wrong"),
        ({"efforts": [effort(3.0), effort(8.1)]}, True, True, "The generator was the bottleneck"),
    ],
)
def test_the_verdict_says_what_was_carried(
    changes: dict[str, Any], passed: bool, carried: bool, words: str
) -> None:
    made = report(**changes)
    assert (made.passed, made.carried) == (passed, carried)
    assert words in made.verdict


def test_people_read_errors_faults_and_processes() -> None:
    console = Console(file=io.StringIO(), record=True, width=120)
    show(console, report(seen=seen(errors=Counter(overloaded=3)), wrong={"validity": 2}))
    text = console.export_text()
    for words in (
        "3 × overloaded",
        "2 wrong: validity",
        "api: 0.90 cores, 200 MiB",
        "1,043 answers compared",
    ):
        assert words in text
