"""What the demo tells of an insurer's files, from what the programs report."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any, cast

import pytest

from demo.house import House
from demo.insurer_story import PERSON, InsurerStory
from demo.persons.stage import stage
from demo.processes import HouseError
from demo.told import Told

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
class ScriptedHouse:
    """A house in which each command reports what the story expects, but for the states and ratios that are given."""

    home: Path
    states: list[str] = field(
        default_factory=lambda: ["published", "held", "rejected", "held", "published", "undone"]
    )
    ratios: list[int] = field(default_factory=lambda: [10, 10, 20, 10])
    commands: list[tuple[str, ...]] = field(default_factory=list)
    stdout: str | None = None

    @property
    def cards(self) -> Path:
        return self.home

    def run(self, *words: str | Path, **_: Any) -> CompletedProcess[str]:
        self.commands.append(tuple(map(str, words)))
        return CompletedProcess(
            [], 0, self.stdout or json.dumps(self._said(str(words[1]), words)), "It broke."
        )

    def _said(self, command: str, words: tuple[str | Path, ...]) -> dict[str, Any]:
        if command == "residents":
            Path(words[words.index("--out") + 1]).write_text(json.dumps(resident()), encoding="utf-8")
        if command in ("tap", "lookup"):
            row = {"name": "架空", "insurer_name": "架空", "burden_ratio": self.ratios.pop(0)}
            headline = {"ja": "有効", "en": "Valid"}
            return {"headline": headline, "validity": "1", "answer": {"results": [row]}}
        if command == "seen-by":
            return {"facilities": [{"institution_name": "架空診療所", "answers": 1}]}
        if command in ("upload", "approve", "reject", "undo"):
            return {"upload_id": "u", "state": self.states.pop(0), "report": REPORT}
        return {}


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


def told(house: ScriptedHouse) -> list[Told]:
    return list(InsurerStory(cast(House, house), stage(date(2026, 11, 23))).tell())


def test_the_story_is_as_expected_when_every_program_says_so(tmp_path: Path) -> None:
    house = ScriptedHouse(tmp_path)
    assert [one.title for one in told(house) if not one.as_expected] == []
    assert [words[1] for words in house.commands if words[0] == "payer-mock"] == [
        "upload",
        "upload",
        "reject",
        "upload",
        "approve",
        "undo",
        "seen-by",
    ]


def test_the_check_report_is_told_with_what_holds_the_file(tmp_path: Path) -> None:
    blank = told(ScriptedHouse(tmp_path))[2]
    assert blank.lines[0] == "保留 / held"
    assert blank.lines[2:] == ("! changed: 2", "! fill-dropped burden_ratio: 98% → 0%")


@pytest.mark.parametrize("step", range(4))
def test_a_wrong_ratio_at_the_desk_is_told(tmp_path: Path, step: int) -> None:
    house = ScriptedHouse(tmp_path)
    house.ratios[step] = 30
    assert [one.as_expected for one in told(house)].count(False) == 1


def test_a_blank_file_that_gets_published_is_told(tmp_path: Path) -> None:
    house = ScriptedHouse(tmp_path)
    house.states[1] = "published"
    assert not told(house)[2].as_expected


def test_the_files_differ_in_the_burden_ratio_alone(tmp_path: Path) -> None:
    told(ScriptedHouse(tmp_path))
    first, blank, reviewed = (
        (tmp_path / f"late_elderly-{name}.csv").read_text(encoding="utf-8").splitlines()
        for name in ("first", "blank", "reviewed")
    )
    assert len(first) == len(blank) == len(reviewed)
    name = stage().person(PERSON).name
    [mine] = [row for row in first if name in row]
    assert mine not in blank
    assert mine not in reviewed


def test_a_program_without_an_answer_ends_the_story(tmp_path: Path) -> None:
    (tmp_path / "neighbours.jsonl").touch()
    with pytest.raises(HouseError, match=r"payer-mock upload .*\nIt broke"):
        told(ScriptedHouse(tmp_path, stdout="no answer"))
