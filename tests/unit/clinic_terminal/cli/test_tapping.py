"""The command `tap`: options, settings, exit codes, and that nothing personal leaves by the wrong door."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from clinic_terminal.card.errors import CardError
from clinic_terminal.card.pcsc import Reader
from clinic_terminal.cli import app
from eligibility_api.contract.codes import Category, Validity
from tests.unit.clinic_terminal.builders import answer, enrolment
from tests.unit.clinic_terminal.fake_card import VERIFY, FakeCard
from tests.unit.clinic_terminal.fake_consents import CONSENT
from tests.unit.clinic_terminal.set_up import Desk


def test_a_tap_prints_one_object_with_the_answer(desk: Desk) -> None:
    report = desk.tap()
    assert (report["outcome"], report["exit_code"], report["validity"]) == ("valid", 0, "1")
    assert report["answer"]["results"][0]["name"] == "架空 花子"
    assert (desk.opened, desk.urls) == ([(None, 30.0)], ["http://127.0.0.1:8000/"])


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
def test_the_exit_code_tells_the_validity(desk: Desk, validity: Validity, code: int) -> None:
    desk.fund.answer = answer(validity, [])
    assert desk.tap()["exit_code"] == code


@pytest.mark.parametrize(
    ("path", "failure", "code"),
    [
        ("/v1/token", "lost", 40),
        ("/v1/token", "assertion-invalid", 30),
        ("/v1/eligibility/card", "database-unavailable", 40),
        ("/v1/eligibility/card", "certificate-revoked", 30),
        ("/v1/eligibility/card", "as-of-out-of-range", 30),
        ("/v1/eligibility/card", "first-registration-needed", 31),
    ],
)
def test_the_exit_code_tells_the_kind_of_problem(desk: Desk, path: str, failure: str, code: int) -> None:
    desk.fund.failures[path] = [failure]
    assert desk.tap()["exit_code"] == code


@pytest.mark.parametrize("code", ["reader-service-missing", "card-missing", "card-several", "card-file"])
def test_without_a_card_the_exit_code_is_20(desk: Desk, code: str) -> None:
    desk.card = CardError(code)
    report = desk.tap()
    assert (report["exit_code"], report["problem"]["code"]) == (20, code)


def test_a_dead_line_is_told_before_anybody_is_asked_for_a_card(desk: Desk) -> None:
    desk.fund.failures["/v1/token"] = ["lost"]
    assert desk.tap()["problem"]["code"] == "fund-unreachable"
    assert desk.opened == []


def test_a_wrong_pin_from_standard_input_is_tried_once(desk: Desk) -> None:
    report = desk.tap(pin="9999\n1234\n")
    assert (report["exit_code"], report["problem"]["code"], report["tries_left"]) == (20, "pin-wrong", 2)


def test_a_pin_from_standard_input_does_not_spend_the_last_try(desk: Desk) -> None:
    card = desk.card = FakeCard(tries_left=1)
    report = desk.tap()
    assert (report["exit_code"], report["problem"]["code"], report["tries_left"]) == (20, "pin-last-try", 1)
    assert card.sent(VERIFY + "04") == []


def test_a_pin_from_standard_input_spends_the_last_try_where_it_is_told_to(desk: Desk) -> None:
    desk.card = FakeCard(tries_left=1)
    assert desk.tap("--last-try")["outcome"] == "valid"


def test_whoever_gives_up_while_the_card_is_awaited_is_told_so(desk: Desk) -> None:
    desk.card = KeyboardInterrupt()
    report = desk.tap()
    assert (report["exit_code"], report["outcome"]) == (1, "given-up")


def test_the_options_reach_card_and_fund(desk: Desk) -> None:
    desk.tap("--reader", "Fake Reader", "--wait", "5", "--as-of", "2026-01-31")
    assert desk.opened == [("Fake Reader", 5.0)]
    assert desk.fund.bodies[-1]["as_of"] == "2026-01-31"


def test_a_card_file_needs_no_reader(desk: Desk) -> None:
    desk.tap("--card", "card.json")
    assert desk.opened == [(Path("card.json"),)]


def test_registration_is_made_where_it_was_agreed(desk: Desk) -> None:
    desk.fund.unregistered = True
    report = desk.tap("--register")
    assert (report["exit_code"], report["registered"]) == (0, True)


def test_a_visual_check_names_the_operator_and_asks_for_no_pin(desk: Desk) -> None:
    result = desk.run("tap", "--json", "--visual-check", "--operator", " 受付 太郎 ", pin="")
    assert result.exit_code == 0
    assert desk.fund.bodies[-1]["operator"] == "受付 太郎"


def test_a_consent_is_part_of_the_one_object(desk: Desk) -> None:
    report = desk.tap("--consent", "prescription,medication", "--care", "home-visit", "--agree")
    assert (report["exit_code"], report["consent"]["outcome"]) == (0, "given")
    assert report["consent"]["answer"]["consent_id"] == str(CONSENT)
    assert report["answer"]["version"] == "version-with-consent"
    statement = desk.fund.bodies[-1]["statement"]
    assert (statement["categories"], statement["care"]) == (["medication", "prescription"], "2")


def test_everything_can_be_asked_for(desk: Desk) -> None:
    desk.tap("--consent", "all", "--agree", "--language", "en")
    statement = desk.fund.bodies[-1]["statement"]
    assert (statement["categories"], statement["language"]) == (list(Category), "en")


@pytest.mark.parametrize(
    ("failure", "code"), [("right-missing", 30), ("database-unavailable", 40), ("certificate-revoked", 30)]
)
def test_a_consent_that_failed_decides_the_exit_code(desk: Desk, failure: str, code: int) -> None:
    desk.fund.failures["/v1/consents"] = [failure]
    report = desk.tap("--consent", "all", "--agree")
    assert (report["exit_code"], report["validity"]) == (code, "1")
    assert (report["consent"]["outcome"], report["consent"]["problem"]["code"]) == ("refused", failure)


def test_a_visual_check_can_be_followed_by_a_consent(desk: Desk) -> None:
    words = ("tap", "--visual-check", "--operator", "受付 見本", "--consent", "all", "--agree")
    result = desk.run(*words, pin="")
    assert result.exit_code == 0
    assert desk.fund.bodies[-1]["operator"] == "受付 見本"


def test_timings_are_printed_on_demand(desk: Desk) -> None:
    timings = desk.tap("--timings")["timings_ms"]
    assert isinstance(desk.card, FakeCard)
    assert timings["apdus"] == len(desk.card.commands)
    assert {"sign-in", "card", "select", "answer"} <= set(timings["steps"])


def test_software_that_reads_shift_jis_gets_it(desk: Desk) -> None:
    desk.fund.answer = answer(results=[enrolment(name="𠮷田 花子")])
    result = desk.run("tap", "--pin-stdin", "--json", "--shift-jis")
    assert "●田 花子" in result.stdout_bytes.decode("cp932")


def test_without_json_the_word_comes_first(desk: Desk) -> None:
    result = desk.run("tap", "--pin-stdin")
    assert result.stdout.lstrip().startswith("○ 有効 / Valid")
    assert result.exit_code == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ["--pin-stdin", "--reader", "A", "--card", "card.json"],
        ["--visual-check"],
        ["--pin-stdin", "--operator", "受付 太郎"],
        ["--visual-check", "--operator", "受付 太郎", "--last-try"],
        ["--visual-check", "--operator", "  "],
        ["--visual-check", "--operator", "x" * 61],
        ["--pin-stdin", "--as-of", "yesterday"],
        ["--pin-stdin", "--wait", "-1"],
        ["--pin-stdin", "--shift-jis"],
        ["--pin-stdin", "--agree"],
        ["--pin-stdin", "--consent", "all"],
        ["--pin-stdin", "--agree", "--consent", "everything"],
        ["--pin-stdin", "--agree", "--consent", ""],
        ["--pin-stdin", "--agree", "--consent", "all", "--care", "emergency"],
        ["--visual-check", "--operator", "受付 太郎", "--consent", "all"],
        [],
    ],
)
def test_wrong_usage_ends_with_2_before_anything_is_touched(desk: Desk, arguments: list[str]) -> None:
    result = desk.run("tap", *arguments)
    assert result.exit_code == 2
    assert (desk.opened, desk.fund.calls) == ([], [])


@pytest.mark.parametrize("variable", ["TERMINAL_CREDENTIAL", "TERMINAL_FUND_URL"])
def test_a_missing_setting_is_named_and_ends_with_2(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.delenv(variable)
    result = desk.run("tap", "--pin-stdin")
    assert result.exit_code == 2
    assert variable in result.stderr
    assert desk.opened == []


def test_no_pin_is_printed_anywhere(desk: Desk) -> None:
    for arguments in (["--json"], ["--timings"], ["--json", "--timings"]):
        result = desk.run("tap", "--pin-stdin", *arguments, pin="9181\n")
        assert "9181" not in result.output


def test_the_help_lists_the_exit_codes() -> None:
    text = CliRunner().invoke(app, ["tap", "--help"]).output
    for code in ("0", "1", "2", "12", "13", "14", "15", "16", "20", "30", "31", "40", "129, 143", "130"):
        assert f" {code}  " in text


def test_readers_are_listed_with_their_cards(desk: Desk) -> None:
    desk.readers = [Reader("A", True), Reader("B", False)]
    result = desk.run("readers")
    assert result.stdout.splitlines() == ["A\tカードあり / card", "B\tカードなし / no card"]
    assert result.exit_code == 0


def test_a_machine_without_a_reader_ends_with_20(desk: Desk) -> None:
    desk.readers = CardError("reader-missing")
    result = desk.run("readers")
    assert (result.exit_code, result.stdout) == (20, "")
    assert "No card reader" in result.stderr
