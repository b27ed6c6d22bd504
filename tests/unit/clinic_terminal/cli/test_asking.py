"""The command `ask`: where the numbers come from, exit codes, and that they are never arguments."""

from __future__ import annotations

import json
from typing import Any

import pytest
from typer.testing import CliRunner

from clinic_terminal.cli import app
from eligibility_api.contract.codes import Validity
from tests.unit.clinic_terminal.builders import MEMBERSHIP, answer, enrolment
from tests.unit.clinic_terminal.set_up import Desk

NUMBER = "/v1/eligibility/number"


def asked(desk: Desk, *arguments: str, **changes: Any) -> dict[str, Any]:
    return desk.report("ask", "--stdin", *arguments, typed=json.dumps(MEMBERSHIP | changes))


def test_a_membership_from_standard_input_is_answered(desk: Desk) -> None:
    report = asked(desk)
    assert (report["outcome"], report["exit_code"], report["validity"]) == ("valid", 0, "1")
    assert report["answer"]["results"][0]["name"] == "架空 花子"
    assert not {"tries_left", "registered", "known_at"} & set(report)


@pytest.mark.parametrize(
    ("validity", "code"),
    [
        (Validity.INVALID, 12),
        (Validity.INVALID_NEWER_EXISTS, 13),
        (Validity.NOT_FOUND, 14),
        (Validity.AMBIGUOUS, 15),
        (Validity.VALID_UNREGISTERED, 16),
    ],
)
def test_the_exit_code_tells_the_validity_as_a_tap_does(desk: Desk, validity: Validity, code: int) -> None:
    desk.fund.answer = answer(validity, [])
    assert asked(desk)["exit_code"] == code


@pytest.mark.parametrize(
    ("path", "failure", "code"),
    [
        ("/v1/token", "lost", 40),
        (NUMBER, "database-unavailable", 40),
        (NUMBER, "eligibility-not-confirmable", 30),
        (NUMBER, "as-of-out-of-range", 30),
    ],
)
def test_the_exit_code_tells_the_kind_of_problem(desk: Desk, path: str, failure: str, code: int) -> None:
    desk.fund.failures[path] = [failure]
    assert asked(desk)["exit_code"] == code


def test_the_options_reach_the_fund(desk: Desk) -> None:
    instant = "2026-03-31T09:00:00+09:00"
    report = asked(desk, "--as-of", "2026-03-01", "--limit-certificate", "--known-at", instant)
    body = desk.fund.bodies[-1]
    assert (body["as_of"], body["limit_certificate_consent"]) == ("2026-03-01", True)
    assert (body["known_at"], report["known_at"]) == (instant, instant)


def test_a_malformed_membership_is_not_sent_and_not_repeated(desk: Desk) -> None:
    report = asked(desk, number="x" * 21)
    assert (report["exit_code"], report["problem"]["code"]) == (30, "request-invalid")
    assert report["problem"]["errors"] == [{"place": "number", "rule": "string_too_long"}]
    assert NUMBER not in desk.fund.calls
    assert "x" * 21 not in json.dumps(report)


def test_a_my_number_is_not_sent(desk: Desk) -> None:
    assert asked(desk, number="1234-5678-9018")["problem"]["code"] == "my-number-refused"
    assert NUMBER not in desk.fund.calls


def test_without_json_the_word_comes_first(desk: Desk) -> None:
    result = desk.run("ask", "--stdin", pin=json.dumps(MEMBERSHIP))
    assert result.stdout.lstrip().startswith("○ 有効 / Valid")
    assert "カードをお取りください" not in result.stdout


def test_software_that_reads_shift_jis_gets_it(desk: Desk) -> None:
    desk.fund.answer = answer(results=[enrolment(name="𠮷田 花子")])
    result = desk.run("ask", "--stdin", "--json", "--shift-jis", pin=json.dumps(MEMBERSHIP))
    report = json.loads(result.stdout_bytes.decode("cp932"))
    assert report["answer"]["results"][0]["name"] == "●田 花子"


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--stdin", "--known-at", "2026-03-31T09:00:00"],
        ["--stdin", "--known-at", "yesterday"],
        ["--stdin", "--as-of", "yesterday"],
        ["--stdin", "--shift-jis"],
    ],
)
def test_wrong_usage_ends_with_2_before_anything_is_asked(desk: Desk, arguments: list[str]) -> None:
    assert desk.run("ask", *arguments).exit_code == 2
    assert desk.fund.calls == []


def test_nothing_that_names_a_person_can_be_an_argument() -> None:
    text = CliRunner().invoke(app, ["ask", "--help"]).output
    for option in ("insurer", "symbol", "branch", "birth", "name"):
        assert f"--{option}" not in text
