"""The command `lookup`: source of the numbers, exit codes, and no personal data in arguments."""

from __future__ import annotations

import json
from typing import Any

import pytest
from typer.testing import CliRunner

from clinic_terminal.cli import app
from eligibility_api.contract.codes import Validity
from tests.builders.clinic.samples import MEMBERSHIP, answer, enrolment
from tests.builders.clinic.terminal import TerminalRunner

NUMBER = "/v1/eligibility/number"


def look_up(terminal: TerminalRunner, *arguments: str, **changes: Any) -> dict[str, Any]:
    return terminal.report("lookup", "--stdin", *arguments, typed=json.dumps(MEMBERSHIP | changes))


def test_a_membership_from_standard_input_is_answered(terminal: TerminalRunner) -> None:
    report = look_up(terminal)
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
def test_the_exit_code_is_that_of_the_validity(
    terminal: TerminalRunner, validity: Validity, code: int
) -> None:
    terminal.fund.answer = answer(validity, [])
    assert look_up(terminal)["exit_code"] == code


@pytest.mark.parametrize(
    ("path", "failure", "code"),
    [
        ("/v1/token", "lost", 40),
        (NUMBER, "database-unavailable", 40),
        (NUMBER, "eligibility-not-confirmable", 30),
        (NUMBER, "as-of-out-of-range", 30),
    ],
)
def test_the_exit_code_is_that_of_the_problem(
    terminal: TerminalRunner, path: str, failure: str, code: int
) -> None:
    terminal.fund.failures[path] = [failure]
    assert look_up(terminal)["exit_code"] == code


def test_the_options_are_sent(terminal: TerminalRunner) -> None:
    instant = "2026-03-31T09:00:00+09:00"
    report = look_up(terminal, "--as-of", "2026-03-01", "--limit-certificate", "--known-at", instant)
    body = terminal.fund.bodies[-1]
    assert (body["as_of"], body["limit_certificate_consent"]) == ("2026-03-01", True)
    assert (body["known_at"], report["known_at"]) == (instant, instant)


def test_an_invalid_membership_is_not_sent_and_not_repeated(terminal: TerminalRunner) -> None:
    report = look_up(terminal, number="x" * 21)
    assert (report["exit_code"], report["problem"]["code"]) == (30, "request-invalid")
    assert report["problem"]["errors"] == [{"place": "number", "rule": "string_too_long"}]
    assert NUMBER not in terminal.fund.calls
    assert "x" * 21 not in json.dumps(report)


def test_a_my_number_is_not_sent(terminal: TerminalRunner) -> None:
    assert look_up(terminal, number="1234-5678-9018")["problem"]["code"] == "my-number-refused"
    assert NUMBER not in terminal.fund.calls


def test_without_json_the_headline_comes_first(terminal: TerminalRunner) -> None:
    result = terminal.run("lookup", "--stdin", pin=json.dumps(MEMBERSHIP))
    assert result.stdout.lstrip().startswith("○ 有効 / Valid")
    assert "カードをお取りください" not in result.stdout


def test_json_can_be_in_shift_jis(terminal: TerminalRunner) -> None:
    terminal.fund.answer = answer(results=[enrolment(name="𠮷田 花子")])
    result = terminal.run("lookup", "--stdin", "--json", "--shift-jis", pin=json.dumps(MEMBERSHIP))
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
def test_wrong_usage_ends_with_2_before_anything_is_sent(
    terminal: TerminalRunner, arguments: list[str]
) -> None:
    assert terminal.run("lookup", *arguments).exit_code == 2
    assert terminal.fund.calls == []


def test_no_personal_data_can_be_an_argument() -> None:
    text = CliRunner().invoke(app, ["lookup", "--help"]).output
    for option in ("insurer", "symbol", "branch", "birth", "name"):
        assert f"--{option}" not in text
