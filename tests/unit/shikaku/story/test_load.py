"""The load scene, from the report of `loadtest run`."""

from __future__ import annotations

import json
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any, cast

import pytest

from shikaku.stack import Stack
from shikaku.story.load import LoadScenes
from shikaku.story.step import DemoStep

REPORT: dict[str, Any] = {
    "achieved_checks_per_s": 15.8,
    "offered_checks_per_s": 16.0,
    "p50_ms": 4.2,
    "p99_ms": 18.9,
    "errors": {},
    "compared_answers": 400,
    "compared_histories": 25,
    "wrong_answers": 0,
    "capacity": {"sentence_ja": "足りる。", "sentence": "It suffices."},
}


class FakeStack:
    """A stack whose load run ends with a given exit code and report."""

    home = Path("var")

    def __init__(self, exit_code: int = 0, **changes: Any) -> None:
        self._done = CompletedProcess([], exit_code, json.dumps(REPORT | changes), "It broke.\n")

    def run(self, *_: object, **__: object) -> CompletedProcess[str]:
        return self._done


def steps(stack: FakeStack) -> list[DemoStep]:
    return list(LoadScenes(cast(Stack, stack)).play())


def test_rates_comparison_and_capacity_are_shown_in_both_languages() -> None:
    load, comparison, capacity = steps(FakeStack())
    assert load.lines == (
        "実績／予定 16 / 16 件/秒、エラー 0件",
        "16 / 16 checks/s, 0 errors",
        "p50 4 ms, p99 19 ms",
    )
    assert comparison.lines == ("425件を照合、不一致 0件", "425 compared, 0 wrong")
    assert capacity.lines == ("足りる。", "It suffices.")
    assert load.as_expected
    assert comparison.as_expected
    assert capacity.as_expected


@pytest.mark.parametrize(
    ("changes", "step"),
    [
        ({"errors": {"overloaded": 2}}, 0),
        ({"wrong_answers": 1}, 1),
        ({"compared_answers": 0, "compared_histories": 0}, 1),
        ({"capacity": None}, 2),
    ],
)
def test_errors_wrong_answers_and_missing_figures_are_not_as_expected(
    changes: dict[str, Any], step: int
) -> None:
    results = steps(FakeStack(1, **changes))
    assert [number for number, one in enumerate(results) if not one.as_expected] == [step]


def test_a_run_that_could_not_start_shows_its_error() -> None:
    [step] = steps(FakeStack(2))
    assert (step.lines, step.as_expected) == (("It broke.",), False)
