"""What the demo tells of a tap, from what the terminal reports."""

from __future__ import annotations

import json
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any, cast

from demo.cast import SCENES
from demo.house import House
from demo.story import Seen, Story

[WRONG_PIN] = [scene for scene in SCENES if scene.answer == "pin-wrong"]


class TerminalSaying:
    """A house whose terminal ends with an exit code and these words."""

    cards = Path("var")

    def __init__(self, exit_code: int, stdout: str, stderr: str = "") -> None:
        self._done = CompletedProcess([], exit_code, stdout, stderr)

    def run(self, *_: object, **__: object) -> CompletedProcess[str]:
        return self._done


def seen(terminal: TerminalSaying) -> Seen:
    return Story(cast(House, terminal), []).play(WRONG_PIN)


def test_a_problem_is_told_in_the_terminals_own_words() -> None:
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
    tap = seen(TerminalSaying(WRONG_PIN.exit_code, json.dumps(report)))
    assert tap.headline == "暗証番号 / PIN"
    assert tap.details == ("違います。", "It is wrong.", "残り2回 / 2 tries left")
    assert tap.as_expected


def test_a_terminal_without_a_report_is_never_what_was_expected() -> None:
    tap = seen(TerminalSaying(WRONG_PIN.exit_code, "", "It broke."))
    assert "It broke." in tap.details
    assert not tap.as_expected
