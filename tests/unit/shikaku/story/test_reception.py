"""Tap results from the terminal's reports."""

from __future__ import annotations

import json
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any, cast

from shikaku.stack import Stack
from shikaku.story.cast import SCENES
from shikaku.story.reception import ReceptionScenes, TapResult

[WRONG_PIN] = [scene for scene in SCENES if scene.answer == "pin-wrong"]


class FakeStack:
    """A stack whose commands end with a given exit code and output."""

    cards = Path("var")

    def __init__(self, exit_code: int, stdout: str, stderr: str = "") -> None:
        self._done = CompletedProcess([], exit_code, stdout, stderr)

    def run(self, *_: object, **__: object) -> CompletedProcess[str]:
        return self._done


def tap_wrong_pin(stack: FakeStack) -> TapResult:
    return ReceptionScenes(cast(Stack, stack), []).play(WRONG_PIN)


def test_a_problem_is_shown_with_its_first_sentences() -> None:
    report: dict[str, Any] = {
        "headline": {"ja": "暗証番号", "en": "PIN"},
        "validity": None,
        "problem": {
            "code": "pin-wrong",
            "detail_ja": "違います。もう一度。",
            "detail": "It is wrong. Again.",
            "tries_left": 2,
        },
        "timings_ms": {"total": 12.0},
    }
    tap = tap_wrong_pin(FakeStack(WRONG_PIN.exit_code, json.dumps(report)))
    assert tap.headline == ("暗証番号", "PIN")
    assert tap.details == ("違います。", "It is wrong.", "残り回数：2回", "2 tries left")
    assert tap.as_expected


def test_missing_output_is_never_as_expected() -> None:
    tap = tap_wrong_pin(FakeStack(WRONG_PIN.exit_code, "", "It broke."))
    assert "It broke." in tap.details
    assert not tap.as_expected
