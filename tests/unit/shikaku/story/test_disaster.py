"""Scenes of disaster mode, from the programs' reports."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any, cast

import pytest

from shikaku.persons.dataset import load_dataset
from shikaku.stack import INSTITUTION_CODE, Stack
from shikaku.story.disaster import MUNICIPALITY, DisasterScenes
from shikaku.story.pharmacy import SECOND_CLINIC
from shikaku.story.step import DemoStep

INSURER = "01130012"


@dataclass
class ScriptedStack:
    """A fund that knows in which area disaster mode is on; the given values are not as expected."""

    home: Path
    area: str | None = None
    on_everywhere: bool = False
    never_on: bool = False
    closes: bool = True
    insurer: str = INSURER
    reads: bool = True
    searches: list[dict[str, Any]] = field(default_factory=list)

    def run(self, program: str, *arguments: str | Path, **more: Any) -> CompletedProcess[str]:
        words = tuple(map(str, arguments))
        if words[:2] == ("facility", "add"):
            return CompletedProcess([], 0, "", "")
        output = self._switch(words) if program == "eligibility-api" else self._search(more)
        return CompletedProcess([], 0, json.dumps(output), "")

    def _switch(self, words: tuple[str, ...]) -> dict[str, Any]:
        if words[1] == "open":
            self.area = words[words.index("--municipalities") + 1]
        elif self.closes:
            self.area = None
        return {"disaster_id": 7, "areas": [self.area]}

    def _search(self, more: dict[str, Any]) -> dict[str, Any]:
        self.searches.append(json.loads(more["stdin"]))
        code = SECOND_CLINIC["code"] if more.get("variables") else INSTITUTION_CODE
        on = self.on_everywhere or (self.area == code[:2] + code[3:5] and not self.never_on)
        head = {"headline": {"ja": "表示", "en": "Shown"}}
        if not on:
            return head | {"problem": {"code": "disaster-mode-off", "detail_ja": "対象外", "detail": "off"}}
        found = {
            "insurer_number": self.insurer,
            "insurer_name": "架空健康保険協会",
            "symbol": None,
            "number": "7701",
        }
        return head | {
            "found": {"memberships": [found]},
            "history": {"medications": {}} if self.reads else {},
        }


def play(stack: ScriptedStack) -> list[DemoStep]:
    return list(DisasterScenes(cast(Stack, stack), load_dataset(date(2026, 11, 27))).play())


@pytest.fixture
def stack(tmp_path: Path) -> ScriptedStack:
    return ScriptedStack(tmp_path)


def test_the_patient_is_found_in_the_municipality_while_disaster_mode_is_on(stack: ScriptedStack) -> None:
    steps = play(stack)
    assert [step.as_expected for step in steps] == [True] * 5
    assert MUNICIPALITY == "1311"
    assert "架空健康保険協会 ・7701" in steps[2].lines
    assert [set(one) for one in stack.searches] == [{"name", "birth_date", "sex", "address"}] * 4


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"on_everywhere": True}, [0, 3, 4]),
        ({"never_on": True}, [2]),
        ({"closes": False}, [4]),
        ({"insurer": "138057"}, [2]),
        ({"reads": False}, [2]),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else None,
)
def test_anything_else_is_not_as_expected(
    stack: ScriptedStack, changes: dict[str, Any], wrong: list[int]
) -> None:
    for name, value in changes.items():
        setattr(stack, name, value)
    assert [place for place, step in enumerate(play(stack)) if not step.as_expected] == wrong
