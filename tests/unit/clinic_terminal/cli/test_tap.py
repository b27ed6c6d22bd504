"""The commands `tap` and `readers`: options, settings, exit codes, and no PIN in any output."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
import typer

from clinic_terminal.card.errors import CardError
from clinic_terminal.card.pcsc import Reader
from clinic_terminal.cli.consent_options import parse_categories
from eligibility_api.contract.codes import Category, Validity
from eligibility_api.contract.eligibility import CertificateRenewal
from tests.builders.clinic.fake_card import VERIFY, FakeCard
from tests.builders.clinic.fake_consents import CONSENT
from tests.builders.clinic.samples import answer, enrolment
from tests.builders.clinic.terminal import TerminalRunner


def test_a_tap_prints_one_object_with_the_answer(terminal: TerminalRunner) -> None:
    report = terminal.tap()
    assert (report["outcome"], report["exit_code"], report["validity"]) == ("valid", 0, "1")
    assert report["answer"]["results"][0]["name"] == "架空 花子"
    assert (terminal.opened, terminal.urls) == ([(None, 30.0)], ["http://127.0.0.1:8000/"])


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
    assert terminal.tap()["exit_code"] == code


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
def test_the_exit_code_is_that_of_the_problem(
    terminal: TerminalRunner, path: str, failure: str, code: int
) -> None:
    terminal.fund.failures[path] = [failure]
    assert terminal.tap()["exit_code"] == code


@pytest.mark.parametrize("code", ["reader-service-missing", "card-missing", "card-several", "card-file"])
def test_without_a_card_the_exit_code_is_20(terminal: TerminalRunner, code: str) -> None:
    terminal.card = CardError(code)
    report = terminal.tap()
    assert (report["exit_code"], report["problem"]["code"]) == (20, code)


def test_a_connection_problem_is_reported_before_the_card_is_opened(terminal: TerminalRunner) -> None:
    terminal.fund.failures["/v1/token"] = ["lost"]
    assert terminal.tap()["problem"]["code"] == "fund-unreachable"
    assert terminal.opened == []


def test_a_wrong_pin_from_standard_input_is_tried_once(terminal: TerminalRunner) -> None:
    report = terminal.tap(pin="9999\n1234\n")
    assert (report["exit_code"], report["problem"]["code"], report["tries_left"]) == (20, "pin-wrong", 2)


def test_a_pin_from_standard_input_does_not_use_the_last_try(terminal: TerminalRunner) -> None:
    card = terminal.card = FakeCard(tries_left=1)
    report = terminal.tap()
    assert (report["exit_code"], report["problem"]["code"], report["tries_left"]) == (20, "pin-last-try", 1)
    assert card.sent(VERIFY + "04") == []


def test_a_pin_from_standard_input_uses_the_last_try_with_last_try(terminal: TerminalRunner) -> None:
    terminal.card = FakeCard(tries_left=1)
    assert terminal.tap("--last-try")["outcome"] == "valid"


def test_ctrl_c_while_waiting_for_the_card_is_given_up(terminal: TerminalRunner) -> None:
    terminal.card = KeyboardInterrupt()
    report = terminal.tap()
    assert (report["exit_code"], report["outcome"]) == (1, "given-up")


def test_the_options_reach_reader_and_fund(terminal: TerminalRunner) -> None:
    terminal.tap("--reader", "Fake Reader", "--wait", "5", "--as-of", "2026-01-31")
    assert terminal.opened == [("Fake Reader", 5.0)]
    assert terminal.fund.bodies[-1]["as_of"] == "2026-01-31"


def test_a_card_file_needs_no_reader(terminal: TerminalRunner) -> None:
    terminal.tap("--card", "card.json")
    assert terminal.opened == [(Path("card.json"),)]


def test_an_agreed_registration_is_made(terminal: TerminalRunner) -> None:
    terminal.fund.unregistered = True
    report = terminal.tap("--register")
    assert (report["exit_code"], report["registered"]) == (0, True)


def test_a_visual_check_names_the_operator_and_asks_for_no_pin(terminal: TerminalRunner) -> None:
    result = terminal.run("tap", "--json", "--visual-check", "--operator", " 受付 太郎 ", pin="")
    assert result.exit_code == 0
    assert terminal.fund.bodies[-1]["operator"] == "受付 太郎"


def test_a_consent_is_part_of_the_one_object(terminal: TerminalRunner) -> None:
    report = terminal.tap("--consent", "prescription,medication", "--care", "home-visit", "--agree")
    assert (report["exit_code"], report["consent"]["outcome"]) == (0, "given")
    assert report["consent"]["answer"]["consent_id"] == str(CONSENT)
    assert report["answer"]["version"] == "version-with-consent"
    statement = terminal.fund.bodies[-1]["statement"]
    assert (statement["categories"], statement["care"]) == (["medication", "prescription"], "2")


FACTORY = ["specific-diseases", "health-checkup", "medication", "prescription"]


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        (None, FACTORY),
        ("YZK", ["medication", "prescription"]),
        ("YZK, SHJ", ["medication", "prescription", "surgery", "diagnosis", "infection"]),
        (
            "TSR,TKK,YZK,SRJ,SHJ",
            [category for category in Category if category is not Category.LIMIT_CERTIFICATE],
        ),
    ],
    ids=["factory", "medicines", "with-surgery", "everything"],
)
def test_all_selects_what_the_facility_asks_for(
    terminal: TerminalRunner, monkeypatch: pytest.MonkeyPatch, setting: str | None, expected: list[str]
) -> None:
    """The limit certificate needs no consent by card, and is asked for by name only."""
    if setting is not None:
        monkeypatch.setenv("TERMINAL_INFORMATION", setting)
    terminal.tap("--consent", "all", "--agree", "--language", "en")
    statement = terminal.fund.bodies[-1]["statement"]
    assert (statement["categories"], statement["language"]) == (expected, "en")


@pytest.mark.parametrize(
    ("setting", "asked", "off"),
    [
        (None, "treatment", "treatment"),
        (None, "medication,surgery", "surgery"),
        ("TKK", "medication", "medication"),
        ("", "all", "TERMINAL_INFORMATION"),
    ],
)
def test_what_the_facility_does_not_ask_for_is_not_proposed(
    terminal: TerminalRunner, monkeypatch: pytest.MonkeyPatch, setting: str | None, asked: str, off: str
) -> None:
    if setting is not None:
        monkeypatch.setenv("TERMINAL_INFORMATION", setting)
    result = terminal.run("tap", "--pin-stdin", "--agree", "--consent", asked)
    assert result.exit_code == 2
    assert off in result.stderr
    assert (terminal.opened, terminal.fund.calls) == ([], [])


def test_the_limit_certificate_is_not_asked_for(terminal: TerminalRunner) -> None:
    """Rule S5: by card it is shown without consent."""
    with pytest.raises(typer.BadParameter) as refused:
        parse_categories("medication,limit-certificate")
    [en] = [line for line in refused.value.message.splitlines() if "not one of" in line]
    named, known = en.split("not one of")
    assert ("limit-certificate" in named, "limit-certificate" in known, "medication" in known) == (
        True,
        False,
        True,
    )


def test_a_consent_for_an_appointment_names_its_day(terminal: TerminalRunner) -> None:
    """Rule W12."""
    report = terminal.tap("--consent", "all", "--care", "online", "--day", "2026-04-04", "--agree")
    statement = terminal.fund.bodies[-1]["statement"]
    assert (report["exit_code"], statement["day"], statement["until"]) == (0, "2026-04-04", "appointment")


@pytest.mark.parametrize(
    ("failure", "code"), [("right-missing", 30), ("database-unavailable", 40), ("certificate-revoked", 30)]
)
def test_a_failed_consent_decides_the_exit_code(terminal: TerminalRunner, failure: str, code: int) -> None:
    terminal.fund.failures["/v1/consents"] = [failure]
    report = terminal.tap("--consent", "all", "--agree")
    assert (report["exit_code"], report["validity"]) == (code, "1")
    assert (report["consent"]["outcome"], report["consent"]["problem"]["code"]) == ("refused", failure)


def test_a_visual_check_without_a_screen_asks_nobody_and_registers_only_what_was_agreed(
    terminal: TerminalRunner,
) -> None:
    """Rule B1."""
    terminal.fund.unregistered = True
    arguments = ("tap", "--json", "--visual-check", "--operator", "受付 太郎")
    refused = json.loads(terminal.run(*arguments, pin="").stdout)
    registered = json.loads(terminal.run(*arguments, "--register", pin="").stdout)
    assert (refused["problem"]["code"], refused["registered"]) == ("first-registration-needed", False)
    assert (registered["validity"], registered["registered"]) == ("1", True)


def test_the_remark_on_the_certificate_is_in_the_json(terminal: TerminalRunner) -> None:
    """Rule A7."""
    remark = CertificateRenewal(status="grace", expires_on=date(2026, 8, 20), renew_by=date(2026, 11, 30))
    terminal.fund.answer = answer(certificate_renewal=remark)
    report = terminal.tap()
    assert (report["exit_code"], report["outcome"]) == (0, "valid")
    assert report["answer"]["certificate_renewal"] == {
        "status": "grace",
        "expires_on": "2026-08-20",
        "renew_by": "2026-11-30",
    }


def test_a_visual_check_can_be_followed_by_a_consent(terminal: TerminalRunner) -> None:
    arguments = ("tap", "--visual-check", "--operator", "受付 見本", "--consent", "all", "--agree")
    result = terminal.run(*arguments, pin="")
    assert result.exit_code == 0
    assert terminal.fund.bodies[-1]["operator"] == "受付 見本"


def test_timings_are_printed_on_request(terminal: TerminalRunner) -> None:
    timings = terminal.tap("--timings")["timings_ms"]
    assert isinstance(terminal.card, FakeCard)
    assert timings["apdus"] == len(terminal.card.commands)
    assert {"sign-in", "card", "select", "answer"} <= set(timings["steps"])


def test_json_can_be_in_shift_jis(terminal: TerminalRunner) -> None:
    terminal.fund.answer = answer(results=[enrolment(name="𠮷田 花子")])
    result = terminal.run("tap", "--pin-stdin", "--json", "--shift-jis")
    assert "●田 花子" in result.stdout_bytes.decode("cp932")


def test_without_json_the_headline_comes_first(terminal: TerminalRunner) -> None:
    result = terminal.run("tap", "--pin-stdin")
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
        ["--pin-stdin", "--care", "home-visit"],
        ["--pin-stdin", "--language", "en"],
        ["--pin-stdin", "--consent", "all"],
        ["--pin-stdin", "--agree", "--consent", "everything"],
        ["--pin-stdin", "--agree", "--consent", ""],
        ["--pin-stdin", "--agree", "--consent", "all", "--care", "emergency"],
        ["--visual-check", "--operator", "受付 太郎", "--consent", "all"],
        ["--pin-stdin", "--care", "online", "--day", "2026-04-04"],
        ["--pin-stdin", "--agree", "--consent", "all", "--day", "2026-04-04"],
        ["--pin-stdin", "--agree", "--consent", "all", "--care", "home-visit", "--day", "2026-04-04"],
        ["--pin-stdin", "--agree", "--consent", "all", "--care", "online", "--day", "tomorrow"],
        ["--visual-check", "--operator", "受付 太郎", "--consent", "all", "--agree", "--care", "online"],
        [],
    ],
)
def test_wrong_usage_ends_with_2_before_anything_is_opened(
    terminal: TerminalRunner, arguments: list[str]
) -> None:
    result = terminal.run("tap", *arguments)
    assert result.exit_code == 2
    assert (terminal.opened, terminal.fund.calls) == ([], [])


@pytest.mark.parametrize("variable", ["TERMINAL_CREDENTIAL", "TERMINAL_FUND_URL"])
def test_a_missing_setting_is_named_and_ends_with_2(
    terminal: TerminalRunner, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.delenv(variable)
    result = terminal.run("tap", "--pin-stdin")
    assert result.exit_code == 2
    assert variable in result.stderr
    assert terminal.opened == []


def test_no_pin_is_printed_anywhere(terminal: TerminalRunner) -> None:
    for arguments in (["--json"], ["--timings"], ["--json", "--timings"]):
        result = terminal.run("tap", "--pin-stdin", *arguments, pin="9181\n")
        assert "9181" not in result.output


def test_readers_are_listed_with_their_cards(terminal: TerminalRunner) -> None:
    terminal.readers = [Reader("A", True), Reader("B", False)]
    result = terminal.run("readers")
    assert result.stdout.splitlines() == ["A\tカードあり / card", "B\tカードなし / no card"]
    assert result.exit_code == 0


def test_a_machine_without_a_reader_ends_with_20(terminal: TerminalRunner) -> None:
    terminal.readers = CardError("reader-missing")
    result = terminal.run("readers")
    assert (result.exit_code, result.stdout) == (20, "")
    assert "No card reader" in result.stderr
