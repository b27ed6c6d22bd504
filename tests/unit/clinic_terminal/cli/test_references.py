"""The command `reference`: one number or a table."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from eligibility_api.contract.references import MAX_REGISTRATIONS
from tests.builders.clinic.samples import MEMBERSHIP
from tests.builders.clinic.terminal import TerminalRunner

BULK = "/v1/reference-numbers/bulk"
HEADER = "reference_number,insurer_number,symbol,number,branch,birth_date"
ONE = json.dumps(MEMBERSHIP | {"reference_number": "A-17"})


def table(folder: Path, *numbers: str) -> str:
    path = folder / "numbers.csv"
    rows = [f"{number},01130012,12,345,00,1980-02-03" for number in numbers]
    path.write_text("\n".join([HEADER, *rows]), encoding="utf-8")
    return str(path)


def test_one_number_is_read_from_standard_input(terminal: TerminalRunner) -> None:
    report = terminal.report("reference", "--stdin", typed=ONE)
    assert report == {"exit_code": 0, "rows": [{"reference_number": "A-17", "outcome": "registered"}]}
    assert terminal.fund.bodies == [{"registrations": [MEMBERSHIP | {"reference_number": "A-17"}]}]


def test_each_row_of_a_file_has_its_own_outcome(terminal: TerminalRunner, tmp_path: Path) -> None:
    terminal.fund.reference_outcomes = {"B": "reference-not-found"}
    report = terminal.report("reference", table(tmp_path, "A", "B", "x" * 51, "C"))
    assert [row["outcome"] for row in report["rows"]] == [
        "registered",
        "reference-not-found",
        "request-invalid",
        "registered",
    ]
    assert report["exit_code"] == 10
    assert len(terminal.fund.bodies[-1]["registrations"]) == 3


def test_a_long_table_is_sent_in_several_calls(terminal: TerminalRunner, tmp_path: Path) -> None:
    numbers = [str(number) for number in range(MAX_REGISTRATIONS + 1)]
    report = terminal.report("reference", table(tmp_path, *numbers))
    assert [row["reference_number"] for row in report["rows"]] == numbers
    assert terminal.fund.calls.count(BULK) == 2


def test_a_problem_keeps_the_outcomes_before_it(terminal: TerminalRunner, tmp_path: Path) -> None:
    terminal.fund.failures[BULK] = ["database-unavailable"]
    report = terminal.report("reference", table(tmp_path, "A"))
    assert (report["exit_code"], report["rows"]) == (40, [])
    assert report["problem"]["code"] == "database-unavailable"


def test_input_that_is_no_object_is_rejected(terminal: TerminalRunner) -> None:
    report = terminal.report("reference", "--stdin", typed="[]")
    assert (report["exit_code"], report["problem"]["code"]) == (30, "request-invalid")


def test_a_wrong_number_of_outcomes_is_unreadable(terminal: TerminalRunner, tmp_path: Path) -> None:
    terminal.fund.drop_references = True
    assert terminal.report("reference", table(tmp_path, "A"))["problem"]["code"] == "fund-unreadable"


def test_the_screen_shows_each_number_with_its_outcome(terminal: TerminalRunner, tmp_path: Path) -> None:
    terminal.fund.reference_outcomes = {"B": "reference-not-found", "C": "new-code"}
    text = terminal.run("reference", table(tmp_path, "[b]A", "B", "C")).stdout
    assert "[b]A  登録しました / Registered" in text
    assert "C  new-code" in text
    terminal.fund.failures[BULK] = ["lost"]
    assert "確認できません（通信・システム障害）" in terminal.run("reference", table(tmp_path, "A")).stdout


@pytest.mark.parametrize("arguments", [[], ["missing.csv"], ["numbers.csv", "--stdin"]])
def test_wrong_usage_ends_with_2(terminal: TerminalRunner, arguments: list[str]) -> None:
    assert terminal.run("reference", *arguments).exit_code == 2
    assert terminal.fund.calls == []
