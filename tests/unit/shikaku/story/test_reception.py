"""Tap results from the terminal's reports."""

from __future__ import annotations

import csv
import json
from datetime import date
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any, cast

import pytest

from shikaku.commands import Commands
from shikaku.stack import PIN, Stack
from shikaku.story.cast import ANSWERS, SCENES, Membership, Role
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


RESIDENTS = [
    {"resident_id": f"R{number}", "name": f"架空　{number}", "name_kana": "カクウ", "sex": "1", "birth_date": born,
     "postal_code": "000-0000", "address": "架空県"}
    for number, born in enumerate(["1999-12-31", "2000-01-01", "1980-02-03", "2015-01-01", "1950-06-07"])
]  # fmt: skip
ROLES = [
    Role("valid", (Membership("01130012", date(2023, 4, 1)),)),
    Role(
        "moved",
        (
            Membership("01130012", date(2023, 4, 1), date(2026, 1, 1)),
            Membership("06130017", date(2026, 1, 1)),
        ),
    ),
    Role("revoked", registered=False, withdrawn=("revoke", "--reason", "key-compromise")),
]


class RecordingStack(Commands):
    """Records the commands that a stack would run, and makes the residents."""

    def __init__(self, folder: Path, outcome: str = "{}", code: int = 0) -> None:
        super().__init__(folder, {})
        self.cards = folder / "cards"
        self.commands: list[tuple[str, ...]] = []
        self.inputs: list[str] = []
        self._outcome, self._code = outcome, code

    def run(self, *words: str | Path, stdin: str = "", **_: Any) -> CompletedProcess[str]:
        self.commands.append(tuple(map(str, words)))
        if stdin:
            self.inputs.append(stdin)
        if words[1] == "residents":
            text = "".join(f"{json.dumps(one)}\n" for one in RESIDENTS)
            Path(words[-1]).write_text(text, encoding="utf-8")
        return CompletedProcess([], self._code, self._outcome, "")


def prepared(folder: Path) -> RecordingStack:
    stack = RecordingStack(folder)
    ReceptionScenes(cast(Stack, stack), ROLES).prepare()
    return stack


def test_roles_are_played_by_adults_each_with_a_card_of_its_own(tmp_path: Path) -> None:
    issued = [command for command in prepared(tmp_path).commands if command[1] == "issue"]
    assert [command[command.index("--resident") + 1] for command in issued] == ["R0", "R2", "R4"]
    assert [Path(command[-1]).name for command in issued] == ["valid.json", "moved.json", "revoked.json"]


def test_certificates_are_withdrawn_by_j_lis_s_own_command(tmp_path: Path) -> None:
    stack = prepared(tmp_path)
    withdrawn = [command for command in stack.commands if command[1] == "revoke"]
    assert withdrawn == [
        ("jpki-mock", "revoke", "--reason", "key-compromise", str(stack.cards / "revoked.json"))
    ]


def test_only_registered_roles_are_registered_with_their_pin(tmp_path: Path) -> None:
    stack = prepared(tmp_path)
    taps = [command for command in stack.commands if command[1] == "tap"]
    assert [Path(command[3]).stem for command in taps] == ["valid", "moved"]
    assert all(command[-1] == "--register" for command in taps)
    assert stack.inputs == [f"{PIN}\n"] * 2
    [admitted] = [command for command in stack.commands if command[1] == "insurer"]
    assert {"06130017", "架空健康保険組合"} < set(admitted)


def test_a_member_file_has_a_row_for_each_membership_with_the_resident_s_items(tmp_path: Path) -> None:
    prepared(tmp_path)
    with (tmp_path / "members.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["insurer_number"], row["number"], row["lost_on"], row["reason_of_loss"]) for row in rows] == [
        ("01130012", "1", "", ""), ("01130012", "2", "2026-01-01", "03"), ("06130017", "2", "", ""),
    ]  # fmt: skip
    assert {(row["name"], row["birth_date"]) for row in rows} == {
        ("架空　0", "1999-12-31"),
        ("架空　2", "1980-02-03"),
    }


def test_the_smoke_test_expects_the_last_answer_of_each_card(tmp_path: Path) -> None:
    ReceptionScenes(cast(Stack, RecordingStack(tmp_path)), ROLES).write_expectations(
        tmp_path / "expected.json"
    )
    expected = json.loads((tmp_path / "expected.json").read_text())
    assert expected["valid"] == "1"
    assert set(expected.values()) == {"1", "2", "4"}
    assert expected.keys() <= {scene.card for scene in SCENES}
    last = {scene.card: scene.answer for scene in SCENES if scene.exit_code in ANSWERS}
    assert expected == last


@pytest.mark.parametrize(
    ("row", "lines"),
    [
        ({"lost_on": None}, ("架空健康保険協会 架空・1", "取得日 / since：2023-04-01")),
        ({"lost_on": "2026-01-01"}, ("架空健康保険協会 架空・1", "喪失日 / lost：2026-01-01")),
        ({"lost_on": None, "symbol": None}, ("架空健康保険協会 1", "取得日 / since：2023-04-01")),
    ],
)
def test_the_insurance_is_shown_with_its_beginning_or_its_end(
    tmp_path: Path, row: dict[str, Any], lines: tuple[str, ...]
) -> None:
    result = {
        "insurer_number": "01130012",
        "insurer_name": "架空健康保険協会",
        "symbol": "架空",
        "number": "1",
        "acquired_on": "2023-04-01",
    }
    report = {
        "headline": {"ja": "有効", "en": "Valid"},
        "validity": "1",
        "answer": {"results": [result | row]},
    }
    scene = next(one for one in SCENES if one.card == "valid")
    played = ReceptionScenes(cast(Stack, RecordingStack(tmp_path, json.dumps(report))), []).play(scene)
    assert played.details == lines
    assert (played.insurer_numbers, played.answer, played.milliseconds) == (("01130012",), "1", 0.0)
    assert played.as_expected
