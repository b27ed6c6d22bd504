"""The command `reference`: the clinic's own numbers, one or many."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from eligibility_api.contract.references import MAX_REGISTRATIONS
from tests.unit.clinic_terminal.builders import MEMBERSHIP
from tests.unit.clinic_terminal.set_up import Desk

BULK = "/v1/reference-numbers/bulk"
HEADER = "reference_number,insurer_number,symbol,number,branch,birth_date"
ONE = json.dumps(MEMBERSHIP | {"reference_number": "A-17"})


def table(folder: Path, *numbers: str) -> str:
    path = folder / "numbers.csv"
    rows = [f"{number},01130012,12,345,00,1980-02-03" for number in numbers]
    path.write_text("\n".join([HEADER, *rows]), encoding="utf-8")
    return str(path)


def test_one_number_comes_from_standard_input(desk: Desk) -> None:
    report = desk.report("reference", "--stdin", typed=ONE)
    assert report == {"exit_code": 0, "rows": [{"reference_number": "A-17", "outcome": "registered"}]}
    assert desk.fund.bodies == [{"registrations": [MEMBERSHIP | {"reference_number": "A-17"}]}]


def test_many_come_from_a_file_each_with_its_own_outcome(desk: Desk, tmp_path: Path) -> None:
    desk.fund.reference_outcomes = {"B": "reference-not-found"}
    report = desk.report("reference", table(tmp_path, "A", "B", "x" * 51, "C"))
    assert [row["outcome"] for row in report["rows"]] == [
        "registered",
        "reference-not-found",
        "request-invalid",
        "registered",
    ]
    assert report["exit_code"] == 10
    assert len(desk.fund.bodies[-1]["registrations"]) == 3


def test_more_than_one_call_takes_are_sent_in_several(desk: Desk, tmp_path: Path) -> None:
    numbers = [str(number) for number in range(MAX_REGISTRATIONS + 1)]
    report = desk.report("reference", table(tmp_path, *numbers))
    assert [row["reference_number"] for row in report["rows"]] == numbers
    assert desk.fund.calls.count(BULK) == 2


def test_a_problem_tells_what_was_registered_before_it(desk: Desk, tmp_path: Path) -> None:
    desk.fund.failures[BULK] = ["database-unavailable"]
    report = desk.report("reference", table(tmp_path, "A"))
    assert (report["exit_code"], report["rows"]) == (40, [])
    assert report["problem"]["code"] == "database-unavailable"


def test_what_is_no_object_is_refused(desk: Desk) -> None:
    report = desk.report("reference", "--stdin", typed="[]")
    assert (report["exit_code"], report["problem"]["code"]) == (30, "request-invalid")


def test_answers_that_do_not_match_what_was_sent_are_unreadable(desk: Desk, tmp_path: Path) -> None:
    desk.fund.drop_references = True
    assert desk.report("reference", table(tmp_path, "A"))["problem"]["code"] == "fund-unreadable"


def test_the_screen_shows_each_number_with_what_became_of_it(desk: Desk, tmp_path: Path) -> None:
    desk.fund.reference_outcomes = {"B": "reference-not-found", "C": "new-code"}
    text = desk.run("reference", table(tmp_path, "[b]A", "B", "C")).stdout
    assert "[b]A  登録しました / Registered" in text
    assert "C  new-code" in text
    desk.fund.failures[BULK] = ["lost"]
    assert "確認できません（通信）" in desk.run("reference", table(tmp_path, "A")).stdout


@pytest.mark.parametrize("arguments", [[], ["missing.csv"], ["numbers.csv", "--stdin"]])
def test_wrong_usage_ends_with_2(desk: Desk, arguments: list[str]) -> None:
    assert desk.run("reference", *arguments).exit_code == 2
    assert desk.fund.calls == []
