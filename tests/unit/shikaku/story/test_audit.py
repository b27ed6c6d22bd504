"""The auditor's scene, from the report that the command wrote."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any, cast

import pytest

from shikaku.processes import ROOT, StackError
from shikaku.stack import Stack
from shikaku.story.audit import AuditScenes
from shikaku.story.step import DemoStep

BOTH = ("disaster.opened", "disaster.closed")


class ScriptedStack:
    """A fund whose report has these privileged operations, and accesses or none."""

    def __init__(
        self, home: Path, operations: tuple[str, ...], *, accesses: bool = True, page: bool = True
    ) -> None:
        self.home = home
        self.operations = operations
        self.accesses = accesses
        self.page = page
        self.words: tuple[str, ...] = ()

    def run(self, program: str, *arguments: str | Path, **_: Any) -> CompletedProcess[str]:
        self.words = (program, *map(str, arguments))
        folder = Path(self.words[self.words.index("--out") + 1])
        folder.mkdir()
        lines = ["section,title,date,code,name,item,item_title,count"]
        if self.accesses:
            lines += [
                f"accesses,照会,,13{n},見本,{name},{name}の照会,{1_000 * n}"
                for n, name in enumerate("abcdef")
            ]
            lines.append("accesses,照会,,999,見本,f,fの照会,1")
        lines += [f"privileged,特権,2026-11-30,ops,,{kind} 0190,題,1" for kind in self.operations]
        (folder / "report.csv").write_text("\ufeff" + "\r\n".join(lines) + "\r\n", encoding="utf-8")
        if self.page:
            (folder / "report.html").touch()
        return CompletedProcess([], 0, f"{folder / 'report.html'}\n", "")


def played(stack: ScriptedStack, began: date = date(2026, 11, 30)) -> DemoStep:
    [step] = AuditScenes(cast(Stack, stack), began, date(2026, 12, 1)).play()
    return step


def test_the_report_covers_the_demo_also_over_midnight_and_its_path_is_shown(tmp_path: Path) -> None:
    stack = ScriptedStack(tmp_path, BOTH)
    step = played(stack)
    assert stack.words[:5] == ("eligibility-api", "audit", "report", "--period", "2026-11-30..2026-12-01")
    assert step.as_expected
    assert step.lines == (
        "fの照会：5,001件", "eの照会：4,000件", "dの照会：3,000件", "cの照会：2,000件", str(tmp_path / "report" / "report.html"),
    )  # fmt: skip


def test_a_path_in_the_project_is_shown_as_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shikaku.story.audit.ROOT", tmp_path)
    assert played(ScriptedStack(tmp_path, BOTH)).lines[-1] == "report/report.html"
    assert ROOT.is_absolute()


@pytest.mark.parametrize(
    "changes",
    [{"operations": BOTH[:1]}, {"operations": ()}, {"accesses": False}, {"page": False}],
    ids=["mode not closed", "no operation", "no access", "no page"],
)
def test_a_report_that_lacks_what_was_done_is_not_as_expected(
    tmp_path: Path, changes: dict[str, Any]
) -> None:
    given: dict[str, Any] = {"operations": BOTH} | changes
    assert not played(ScriptedStack(tmp_path, **given)).as_expected


def test_a_report_that_fails_ends_the_demo(tmp_path: Path) -> None:
    class Failing(ScriptedStack):
        def run(self, program: str, *arguments: str | Path, **_: Any) -> CompletedProcess[str]:
            raise StackError("eligibility-api audit ended with exit code 1")

    with pytest.raises(StackError):
        played(Failing(tmp_path, BOTH))
