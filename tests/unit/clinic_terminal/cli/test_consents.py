"""The commands for a consent by its number, and a look-up by consent."""

from __future__ import annotations

import pytest

from tests.builders.clinic.fake_consents import CONSENT
from tests.builders.clinic.terminal import TerminalRunner

PATH = f"/v1/consents/{CONSENT}"


def test_a_status_is_printed(terminal: TerminalRunner) -> None:
    report = terminal.report("consent-status", str(CONSENT))
    assert (report["exit_code"], report["answer"]["consent_id"]) == (0, str(CONSENT))


def test_a_status_is_shown_with_its_end_in_japan(terminal: TerminalRunner) -> None:
    shown = terminal.run("consent-status", str(CONSENT)).stdout
    assert "○ 完了しました / Done" in shown
    assert "2026-04-02 18:00" in shown
    assert "これまでのお薬の情報 / past medicines" in shown


@pytest.mark.parametrize("reason", ["0", "1", "2", "3"])
def test_a_consent_is_ended_for_its_reason(terminal: TerminalRunner, reason: str) -> None:
    report = terminal.report("consent-end", str(CONSENT), "--reason", reason)
    assert (report["exit_code"], report["answer"]["end_reason"]) == (0, reason)
    assert terminal.fund.bodies == [{"reason": reason}]


def test_an_end_is_shown_with_its_reason(terminal: TerminalRunner) -> None:
    assert (
        "患者による取り消し / by the patient"
        in terminal.run("consent-end", str(CONSENT), "--reason", "2").stdout
    )


@pytest.mark.parametrize(
    ("arguments", "path", "failure", "code"),
    [
        (("consent-status",), PATH, "consent-missing", 30),
        (("consent-status",), PATH, "lost", 40),
        (("consent-end", "--reason", "1"), f"{PATH}/end", "consent-other-facility", 30),
        (("consent-end", "--reason", "1"), f"{PATH}/end", "consent-withdrawn", 30),
    ],
)
def test_a_refusal_has_its_code(
    terminal: TerminalRunner, arguments: tuple[str, ...], path: str, failure: str, code: int
) -> None:
    terminal.fund.failures[path] = [failure, failure]
    command, *options = arguments
    report = terminal.report(command, str(CONSENT), *options)
    problem = "fund-unreachable" if failure == "lost" else failure
    assert (report["exit_code"], report["problem"]["code"]) == (code, problem)
    assert terminal.run(command, str(CONSENT), *options).stdout.lstrip()[0] in "！…"


@pytest.mark.parametrize(
    "arguments",
    [
        ("consent-status",),
        ("consent-status", "c-1"),
        ("consent-end", str(CONSENT)),
        ("consent-end", str(CONSENT), "--reason", "4"),
        ("lookup", "--consent-id", str(CONSENT), "--stdin"),
        ("lookup", "--consent-id", str(CONSENT), "--as-of", "2026-01-01"),
        ("lookup", "--consent-id", str(CONSENT), "--limit-certificate"),
    ],
)
def test_wrong_usage_ends_with_2(terminal: TerminalRunner, arguments: tuple[str, ...]) -> None:
    assert terminal.run(*arguments).exit_code == 2
    assert terminal.fund.calls == []


def test_a_consent_for_home_care_replaces_the_card(terminal: TerminalRunner) -> None:
    report = terminal.report("lookup", "--consent-id", str(CONSENT))
    assert (report["exit_code"], report["validity"]) == (0, "1")
    assert terminal.fund.calls[-1] == f"{PATH}/eligibility"


def test_an_expired_consent_is_refused(terminal: TerminalRunner) -> None:
    terminal.fund.failures[f"{PATH}/eligibility"] = ["consent-expired"]
    report = terminal.report("lookup", "--consent-id", str(CONSENT))
    assert (report["exit_code"], report["problem"]["code"]) == (30, "consent-expired")
