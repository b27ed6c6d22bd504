"""Scenes of paper certificates, from the programs' reports."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any, cast

import pytest

from shikaku.processes import StackError
from shikaku.stack import INSURER_NUMBER, Stack
from shikaku.story.papers import NUMBER, PaperScenes
from shikaku.story.step import DemoStep

TODAY = date(2026, 11, 27)
MEMBER = "019ab000-0000-7000-8000-000000000009"
RESIDENT = {
    "name": "試験　見本",
    "name_kana": "シケン ミホン",
    "sex": "2",
    "postal_code": "000-0000",
    "address": "架空県見本市1",
}
RESIDENTS = [("R-1", "1980-01-01"), ("R-2", "1985-01-01"), ("R-3", "2020-01-01"), ("R-4", "1940-01-01")]
REASONS = {
    "apply-paper": "card-lost",
    "withdraw-paper": None,
    "deregister": "deregistered",
    "withdraw-deregistration": None,
}


@dataclass
class ScriptedStack:
    """An insurer whose list follows what the scenes do, except for the given values."""

    home: Path
    reasons: dict[str, str | None] = field(default_factory=lambda: dict(REASONS))
    refused: str | None = None
    validity: str = "1"
    last_day: str = "2026-12-31"
    reason: str | None = "no-card"
    commands: list[tuple[str, ...]] = field(default_factory=list)

    @property
    def cards(self) -> Path:
        return self.home

    def run(self, program: str, *arguments: str | Path, **more: Any) -> CompletedProcess[str]:
        words = tuple(map(str, arguments))
        self.commands.append(words)
        return CompletedProcess([], 0, json.dumps(self._output(words)), "")

    def _output(self, words: tuple[str, ...]) -> dict[str, Any]:
        match words[0]:
            case "papers":
                needed_from = "2027-01-01" if self.reason == "deregistered" else None
                need = {
                    "number": NUMBER,
                    "enrolment_id": MEMBER,
                    "reason": self.reason,
                    "needed_from": needed_from,
                }
                other = need | {"number": "6", "enrolment_id": "another", "reason": "no-card"}
                return {"members": [other, *([need] if self.reason else [])]}
            case "tap":
                if "--register" in words:
                    self.reason = None
                return {"headline": {"ja": "有効", "en": "Valid"}, "validity": self.validity}
            case self.refused:
                return {"code": "enrolment-unknown"}
            case command if command in self.reasons:
                self.reason = self.reasons[command]
                return {"enrolment_id": words[1], "last_day": self.last_day}
        return {}


@pytest.fixture
def stack(tmp_path: Path) -> ScriptedStack:
    residents = [RESIDENT | {"resident_id": name, "birth_date": born} for name, born in RESIDENTS]
    lines = (json.dumps(one, ensure_ascii=False) for one in residents)
    (tmp_path / "residents.jsonl").write_text("\n".join(lines), encoding="utf-8")
    return ScriptedStack(tmp_path)


def play(stack: ScriptedStack) -> list[DemoStep]:
    return list(PaperScenes(cast(Stack, stack), TODAY).play())


def test_the_list_follows_what_the_member_asks(stack: ScriptedStack) -> None:
    steps = play(stack)
    assert [step.as_expected for step in steps] == [True] * 7
    assert steps[4].lines[0] == "資格確認書が必要：利用登録解除（2027-01-01 から）"
    asked = [words for words in stack.commands if words[0] in REASONS]
    assert [words[:2] for words in asked] == [(command, MEMBER) for command in REASONS]
    assert all(words[-3:] == ("--insurer", INSURER_NUMBER, "--json") for words in asked)


def test_the_member_is_the_last_adult_of_the_residents(stack: ScriptedStack) -> None:
    play(stack)
    [issued] = [words for words in stack.commands if words[0] == "issue"]
    assert issued[2] == "R-2"
    assert "R-2" not in (stack.home / "paper-member.csv").read_text(encoding="utf-8")
    assert NUMBER in (stack.home / "paper-member.csv").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("command", "reason", "wrong"),
    [
        ("apply-paper", None, [2]),
        ("withdraw-paper", "card-lost", [3]),
        ("deregister", "card-lost", [4]),
        ("withdraw-deregistration", "deregistered", [6]),
    ],
)
def test_another_list_is_not_as_expected(
    stack: ScriptedStack, command: str, reason: str | None, wrong: list[int]
) -> None:
    stack.reasons[command] = reason
    assert [place for place, step in enumerate(play(stack)) if not step.as_expected] == wrong


@pytest.mark.parametrize("changes", [{"validity": "4"}, {"last_day": "2026-11-27"}])
def test_a_card_that_does_not_work_until_the_end_is_not_as_expected(
    stack: ScriptedStack, changes: dict[str, str]
) -> None:
    for name, value in changes.items():
        setattr(stack, name, value)
    assert [place for place, step in enumerate(play(stack)) if not step.as_expected] == [5]


@pytest.mark.parametrize("command", REASONS)
def test_a_refused_command_ends_the_scenes(stack: ScriptedStack, command: str) -> None:
    stack.refused = command
    with pytest.raises(StackError, match=command):
        play(stack)
