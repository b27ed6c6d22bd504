"""Insurer scenes, from the programs' reports."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any, cast

import pytest

from shikaku.persons.dataset import load_dataset
from shikaku.processes import StackError
from shikaku.stack import Stack
from shikaku.story.insurer import PERSON, InsurerScenes
from shikaku.story.step import DemoStep

REPORT = {
    "rows": 2,
    "new": 0,
    "changed": 2,
    "findings": [
        {"code": "changed", "count": 2, "holds": True, "column": None, "detail": {"share": 1.0}},
        {
            "code": "fill-dropped",
            "count": 2,
            "holds": True,
            "column": "burden_ratio",
            "detail": {"before": 0.984, "now": 0.0},
        },
    ],
}


@dataclass
class ScriptedService:
    """A program that writes its log at once."""

    log: Path

    def wait_for(self, what: str, ready: Callable[[], bool], seconds: float) -> None:
        assert ready(), (what, seconds)


@dataclass
class ScriptedStack:
    """A stack whose commands report what the scenes expect, except for the given states and ratios."""

    home: Path
    states: list[str] = field(
        default_factory=lambda: ["published", "held", "rejected", "held", "published", "undo-held", "undone"]
    )
    ratios: list[int] = field(default_factory=lambda: [10, 10, 20, 10])
    commands: list[tuple[str, ...]] = field(default_factory=list)
    stdout: str | None = None
    report: dict[str, Any] | None = field(default_factory=lambda: REPORT)
    problem: bool = False
    events: list[str] = field(default_factory=lambda: ["file.held", "file.approved", "file.published"])
    waited: list[float] = field(default_factory=list)

    @property
    def cards(self) -> Path:
        return self.home

    def start_service(self, *arguments: str) -> ScriptedService:
        """The insurer's program: events of the file `u` and of others, and a line that is being written."""
        assert arguments == ("payer-mock", "listen", "--port", "0", "--insurer", "39131008")
        log = self.home / "events.log"
        received = [{"listening": "http://127.0.0.1:9000/events"}, event("file.refused", "another")]
        lines = [json.dumps(one) for one in (*received, *(event(kind, "u") for kind in self.events))]
        log.write_text("\n".join([*lines[:1], "a warning", *lines[1:], '{"id": "2", "ty']), encoding="utf-8")
        return ScriptedService(log)

    def run(self, *arguments: str | Path, **_: Any) -> CompletedProcess[str]:
        self.commands.append(tuple(map(str, arguments)))
        return CompletedProcess(
            [], 0, self.stdout or json.dumps(self._output(str(arguments[1]), arguments)), "It broke."
        )

    def _output(self, command: str, arguments: tuple[str | Path, ...]) -> dict[str, Any]:
        if command == "residents":
            Path(arguments[arguments.index("--out") + 1]).write_text(json.dumps(resident()), encoding="utf-8")
        if command in ("tap", "lookup") and self.problem:
            return {"headline": {"ja": "確認できません", "en": "Cannot be checked"}, "problem": {"code": "x"}}
        if command in ("tap", "lookup"):
            row = {"name": "架空", "insurer_name": "架空", "burden_ratio": self.ratios.pop(0)}
            headline = {"ja": "有効", "en": "Valid"}
            return {"headline": headline, "validity": "1", "answer": {"results": [row]}}
        if command == "seen-by":
            return {"facilities": [{"institution_name": "架空診療所", "answers": 1}]}
        if command in ("upload", "approve", "reject", "undo"):
            return {"upload_id": "u", "state": self.states.pop(0), "report": self.report}
        return {}


def event(kind: str, upload_id: str) -> dict[str, Any]:
    return {"id": "1", "type": kind, "timestamp": "2026-11-23T00:00:00Z", "data": {"upload_id": upload_id}}


def resident() -> dict[str, Any]:
    return {
        "resident_id": "R2-00000001",
        "name": "試験",
        "name_kana": "シケン",
        "sex": "1",
        "birth_date": "1940-02-29",
        "postal_code": "000-0000",
        "address": "架空",
        "died_on": None,
    }


def steps(stack: ScriptedStack) -> list[DemoStep]:
    data = load_dataset(date(2026, 11, 23))
    return list(InsurerScenes(cast(Stack, stack), data, sleep=stack.waited.append).play())


def test_every_step_is_as_expected_for_the_expected_reports(tmp_path: Path) -> None:
    stack = ScriptedStack(tmp_path)
    assert [one.title for one in steps(stack) if not one.as_expected] == []
    assert [arguments[1] for arguments in stack.commands if arguments[0] == "payer-mock"] == [
        "upload",
        "upload",
        "reject",
        "upload",
        "approve",
        "undo",
        "approve",
        "seen-by",
    ]


def test_the_check_report_marks_the_findings_that_hold_the_file(tmp_path: Path) -> None:
    blank = steps(ScriptedStack(tmp_path))[2]
    assert blank.lines == (
        "保留 / held",
        "2行、新規 0件、変更 2件",
        "2 rows, 0 new, 2 changed",
        "！変更された加入者 2件",
        "! changed members 2",
        "！負担割合（burden_ratio）：記入率が低下 98% → 0%",
        "! burden_ratio: fill rate dropped 98% → 0%",
    )


@pytest.mark.parametrize("step", range(4))
def test_a_wrong_ratio_at_the_desk_is_not_as_expected(tmp_path: Path, step: int) -> None:
    stack = ScriptedStack(tmp_path)
    stack.ratios[step] = 30
    assert [one.as_expected for one in steps(stack)].count(False) == 1


def test_the_insurers_program_received_the_events_of_the_file_in_their_order(tmp_path: Path) -> None:
    stack = ScriptedStack(tmp_path)
    [received] = [one for one in steps(stack) if one.title.startswith("Webhook")]
    assert received.lines[:3] == ("file.held", "file.approved", "file.published")
    assert (received.as_expected, stack.waited) == (True, [])


@pytest.mark.parametrize(
    "events",
    [[], ["file.held", "file.approved"], ["file.published", "file.held"]],
    ids=["none", "not all", "order"],
)
def test_events_that_did_not_come_as_they_happened_are_not_as_expected(
    tmp_path: Path, events: list[str]
) -> None:
    stack = ScriptedStack(tmp_path, events=events)
    assert [one.as_expected for one in steps(stack)].count(False) == 1
    assert bool(stack.waited) is ("file.published" not in events), "it waited for the last one, not for ever"


def test_a_file_without_a_report_is_shown_by_its_state(tmp_path: Path) -> None:
    """A file that is refused has no check report."""
    stack = ScriptedStack(tmp_path, report=None)
    stack.states[1] = "refused"
    blank = steps(stack)[2]
    assert (blank.lines, blank.as_expected) == (("refused",), False)


def test_a_problem_at_the_desk_is_shown_and_not_as_expected(tmp_path: Path) -> None:
    shown = steps(ScriptedStack(tmp_path, problem=True))
    assert ("確認できません / Cannot be checked",) in [one.lines for one in shown]
    assert [one.as_expected for one in shown].count(False) == 4


def test_a_blank_file_that_gets_published_is_not_as_expected(tmp_path: Path) -> None:
    stack = ScriptedStack(tmp_path)
    stack.states[1] = "published"
    assert not steps(stack)[2].as_expected


def test_the_files_differ_in_the_burden_ratio_alone(tmp_path: Path) -> None:
    steps(ScriptedStack(tmp_path))
    first, blank, reviewed = (
        (tmp_path / f"late_elderly-{name}.csv").read_text(encoding="utf-8").splitlines()
        for name in ("first", "blank", "reviewed")
    )
    assert len(first) == len(blank) == len(reviewed)
    name = load_dataset().person(PERSON).name
    [original] = [row for row in first if name in row]
    assert original not in blank
    assert original not in reviewed


def test_a_command_without_output_raises_an_error(tmp_path: Path) -> None:
    (tmp_path / "neighbours.jsonl").touch()
    with pytest.raises(StackError, match=r"payer-mock upload .*\nIt broke"):
        steps(ScriptedStack(tmp_path, stdout="no answer"))
