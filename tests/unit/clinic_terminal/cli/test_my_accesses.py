"""The command that makes a one-time code: code and address, the list with the setting, failures, registration."""

from __future__ import annotations

import pytest

from clinic_terminal.card.errors import CardError
from eligibility_api.contract.own_access import OWN_ACCESS_PATH, AccessAtReader
from tests.builders.clinic import samples
from tests.builders.clinic.fake_card import FakeCard
from tests.builders.clinic.terminal import TerminalRunner

MY_ACCESSES = ("my-accesses", "--pin-stdin")
LOOK = AccessAtReader(
    accessed_at=samples.NOW,
    kind="history.medications",
    title_ja="薬剤情報の閲覧",
    title_en="medicines read",
    by="架空\x1b[31m医院",
    operator="見本　医師",
    emergency=True,
    refused=False,
)


def test_code_and_address_are_printed_and_nothing_else(terminal: TerminalRunner) -> None:
    shown = terminal.run(*MY_ACCESSES).stdout
    assert "K7Q-29M-XD4-T8R-W3H-P5K\nhttps://fund.example/portal\n" in shown
    assert "コードを作りました / Code made" in shown
    assert "1回だけ使えます" in shown
    assert "薬剤情報" not in shown


def test_the_report_has_the_answer(terminal: TerminalRunner) -> None:
    report = terminal.report(*MY_ACCESSES, typed="1234\n")
    assert (report["exit_code"], report["outcome"]) == (0, "code-made")
    assert report["answer"]["code"] == "K7Q-29M-XD4-T8R-W3H-P5K"
    assert report["answer"]["accesses"] is None


def test_with_the_setting_the_list_is_printed_without_control_characters(terminal: TerminalRunner) -> None:
    terminal.fund.own_access = samples.own_access(LOOK)
    shown = terminal.run(*MY_ACCESSES).stdout.replace("\n", "")
    assert "見本　医師 薬剤情報の閲覧 （同意なし）" in shown
    assert "medicines read (without consent)" in shown
    assert "\x1b" not in shown


def test_the_card_signs_for_own_access_alone(terminal: TerminalRunner) -> None:
    """The fake fund verifies the signed bytes; no answer about the insurance is asked for."""
    terminal.run(*MY_ACCESSES)
    assert terminal.fund.bodies[0] == {"purpose": "own-access"}
    assert terminal.fund.calls == ["/v1/token", "/v1/presence/challenges", OWN_ACCESS_PATH]


def test_an_unregistered_card_is_registered_first_if_the_patient_agrees(terminal: TerminalRunner) -> None:
    terminal.fund.unregistered = True
    report = terminal.report(*MY_ACCESSES, "--register", typed="1234\n")
    assert (report["exit_code"], report["registered"]) == (0, True)
    assert "/v1/registrations" in terminal.fund.calls
    terminal.fund.unregistered = True
    assert terminal.report(*MY_ACCESSES, typed="1234\n")["exit_code"] == 31


@pytest.mark.parametrize(
    ("failures", "code", "exit_code"),
    [
        (["right-missing"], "right-missing", 30),
        (["card-not-usable"], "card-not-usable", 30),
        (["own-access-unavailable"], "own-access-unavailable", 40),
        (["lost", "lost"], "fund-unreachable", 40),
    ],
)
def test_a_failure_has_its_code(
    terminal: TerminalRunner, failures: list[str], code: str, exit_code: int
) -> None:
    terminal.fund.failures[OWN_ACCESS_PATH] = list(failures)
    report = terminal.report(*MY_ACCESSES, typed="1234\n")
    assert (report["problem"]["code"], report["exit_code"]) == (code, exit_code)
    terminal.fund.failures[OWN_ACCESS_PATH] = list(failures)
    assert "K7Q" not in terminal.run(*MY_ACCESSES).stdout


def test_a_lost_answer_is_asked_for_once_more_with_a_new_challenge(terminal: TerminalRunner) -> None:
    terminal.fund.failures[OWN_ACCESS_PATH] = ["lost"]
    assert terminal.report(*MY_ACCESSES, typed="1234\n")["exit_code"] == 0
    assert terminal.fund.calls.count("/v1/presence/challenges") == 2


def test_a_wrong_pin_ends_it_and_the_card_is_unpowered(terminal: TerminalRunner) -> None:
    card = FakeCard()
    terminal.card = card
    report = terminal.report(*MY_ACCESSES, typed="9999\n")
    assert (report["problem"]["code"], report["exit_code"]) == ("pin-wrong", 20)
    assert card.closed == 1


@pytest.mark.parametrize(
    ("problem", "exit_code"), [(CardError("card-missing"), 20), (KeyboardInterrupt(), 1)]
)
def test_without_a_card_nothing_is_asked(
    terminal: TerminalRunner, problem: BaseException, exit_code: int
) -> None:
    terminal.card = problem
    assert terminal.report(*MY_ACCESSES, typed="1234\n")["exit_code"] == exit_code
    assert terminal.fund.calls == ["/v1/token"]


def test_wrong_usage_ends_with_2(terminal: TerminalRunner) -> None:
    assert terminal.run("my-accesses").exit_code == 2, "nobody to ask for the PIN"
    assert terminal.run(*MY_ACCESSES, "--reader", "a", "--card", "b").exit_code == 2
    assert terminal.fund.calls == []
