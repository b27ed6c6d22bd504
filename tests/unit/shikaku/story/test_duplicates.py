"""Scenes of duplicate medication, from the terminal's reports."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any, cast

import pytest

from shikaku.persons.dataset import load_dataset
from shikaku.processes import StackError
from shikaku.stack import Stack
from shikaku.story.duplicates import PRESCRIBED, DuplicateScenes
from shikaku.story.step import DemoStep

FACTS = {"990000102": (True, False), "990000114": (False, True), "990000111": (False, False)}


@dataclass
class ScriptedStack:
    """A stack whose terminals answer as the scenes expect, except for the given values."""

    home: Path
    facts: dict[str, tuple[bool, bool]] = field(default_factory=lambda: dict(FACTS))
    complete: bool = True
    findings: list[Any] = field(default_factory=list)
    refused: str | None = None
    sent: list[tuple[str, str | None, dict[str, Any]]] = field(default_factory=list)

    @property
    def cards(self) -> Path:
        return self.home

    def run(self, program: str, command: str, *arguments: str | Path, **more: Any) -> CompletedProcess[str]:
        if program == "eligibility-api":
            assert (command, arguments[0]) == ("facility", "add")
            assert "prescription" in str(arguments)
            return CompletedProcess([], 0, "", "")
        terminal = (more.get("variables") or {}).get("TERMINAL_CREDENTIAL")
        output: dict[str, Any] = {"headline": {"ja": "無効", "en": "Not valid"}}
        if command != self.refused:
            output |= {"answer": self._answer(command, arguments, terminal)}
        return CompletedProcess([], 0, json.dumps(output), "")

    def _answer(
        self, command: str, arguments: tuple[str | Path, ...], terminal: str | None
    ) -> dict[str, Any]:
        if command == "tap":
            return {"record_id": f"record of {Path(terminal).name if terminal else 'the clinic'}"}
        body = json.loads(Path(arguments[0]).read_text(encoding="utf-8"))
        self.sent.append((command, terminal, body))
        if command == "prescribe":
            return {"entry_id": "1"}
        duplicate, contraindicated = self.facts[body["medicines"][0]["drug_code"]]
        return {
            "duplicate": duplicate,
            "contraindicated": contraindicated,
            "complete": self.complete,
            "findings": self.findings,
        }


def play(stack: ScriptedStack) -> list[DemoStep]:
    return list(DuplicateScenes(cast(Stack, stack), load_dataset(date(2026, 11, 27))).play())


@pytest.fixture
def stack(tmp_path: Path) -> ScriptedStack:
    return ScriptedStack(tmp_path)


def test_the_other_clinics_prescription_is_found_by_its_facts(stack: ScriptedStack) -> None:
    steps = play(stack)
    assert [step.as_expected for step in steps] == [True] * 4
    assert steps[1].lines[0] == "重複投薬：該当あり"
    [(command, terminal, body), *checks] = stack.sent
    assert (command, terminal is not None, body["medicines"][0]["drug_code"]) == (
        "prescribe",
        True,
        PRESCRIBED,
    )
    assert body["identified_by"] != checks[0][2]["identified_by"]
    assert [(name, at) for name, at, _ in checks] == [("check-duplicates", None)] * 3


@pytest.mark.parametrize("drug", FACTS)
def test_another_fact_is_not_as_expected(stack: ScriptedStack, drug: str) -> None:
    duplicate, contraindicated = stack.facts[drug]
    stack.facts[drug] = (not duplicate, contraindicated)
    assert [step.as_expected for step in play(stack)].count(False) == 1


def test_a_name_without_consent_is_not_as_expected(stack: ScriptedStack) -> None:
    stack.findings = [{"medicine": 1}]
    assert [step.as_expected for step in play(stack)] == [True, False, False, False]


def test_an_incomplete_check_is_not_as_expected(stack: ScriptedStack) -> None:
    stack.complete = False
    assert [step.as_expected for step in play(stack)] == [True, False, False, False]


@pytest.mark.parametrize(
    ("command", "good"),
    [("prescribe", [False, True, True, True]), ("check-duplicates", [True, False, False, False])],
)
def test_a_refused_call_is_not_as_expected(stack: ScriptedStack, command: str, good: list[bool]) -> None:
    stack.refused = command
    assert [step.as_expected for step in play(stack)] == good


def test_a_refused_tap_ends_the_scenes(stack: ScriptedStack) -> None:
    stack.refused = "tap"
    with pytest.raises(StackError, match="Not valid"):
        play(stack)
