"""The commands for a consent by its number, and the eligibility renewed by one."""

from __future__ import annotations

import pytest

from tests.unit.clinic_terminal.fake_consents import CONSENT
from tests.unit.clinic_terminal.set_up import Desk

PATH = f"/v1/consents/{CONSENT}"


def test_a_status_is_told(desk: Desk) -> None:
    report = desk.report("consent-status", str(CONSENT))
    assert (report["exit_code"], report["answer"]["consent_id"]) == (0, str(CONSENT))


def test_a_status_is_shown_with_its_end_in_japan(desk: Desk) -> None:
    shown = desk.run("consent-status", str(CONSENT)).stdout
    assert "○ 受け付けました / Done" in shown
    assert "2026-04-02 18:00" in shown
    assert "過去の薬の情報 / past medicines" in shown


@pytest.mark.parametrize("reason", ["0", "1", "2", "3"])
def test_a_consent_is_ended_for_its_reason(desk: Desk, reason: str) -> None:
    report = desk.report("consent-end", str(CONSENT), "--reason", reason)
    assert (report["exit_code"], report["answer"]["end_reason"]) == (0, reason)
    assert desk.fund.bodies == [{"reason": reason}]


def test_an_end_is_shown_with_its_reason(desk: Desk) -> None:
    assert "患者による取消 / by the patient" in desk.run("consent-end", str(CONSENT), "--reason", "2").stdout


@pytest.mark.parametrize(
    ("words", "path", "failure", "code"),
    [
        (("consent-status",), PATH, "consent-missing", 30),
        (("consent-status",), PATH, "lost", 40),
        (("consent-end", "--reason", "1"), f"{PATH}/end", "consent-other-facility", 30),
        (("consent-end", "--reason", "1"), f"{PATH}/end", "consent-withdrawn", 30),
    ],
)
def test_a_refusal_is_told_with_its_code(
    desk: Desk, words: tuple[str, ...], path: str, failure: str, code: int
) -> None:
    desk.fund.failures[path] = [failure, failure]
    command, *options = words
    report = desk.report(command, str(CONSENT), *options)
    problem = "fund-unreachable" if failure == "lost" else failure
    assert (report["exit_code"], report["problem"]["code"]) == (code, problem)
    assert desk.run(command, str(CONSENT), *options).stdout.lstrip()[0] in "！…"


@pytest.mark.parametrize(
    "words",
    [
        ("consent-status",),
        ("consent-status", "c-1"),
        ("consent-end", str(CONSENT)),
        ("consent-end", str(CONSENT), "--reason", "4"),
        ("ask", "--consent-id", str(CONSENT), "--stdin"),
        ("ask", "--consent-id", str(CONSENT), "--as-of", "2026-01-01"),
        ("ask", "--consent-id", str(CONSENT), "--limit-certificate"),
    ],
)
def test_wrong_usage_ends_with_2(desk: Desk, words: tuple[str, ...]) -> None:
    assert desk.run(*words).exit_code == 2
    assert desk.fund.calls == []


def test_at_home_the_eligibility_is_renewed_without_the_card(desk: Desk) -> None:
    report = desk.report("ask", "--consent-id", str(CONSENT))
    assert (report["exit_code"], report["validity"]) == (0, "1")
    assert desk.fund.calls[-1] == f"{PATH}/eligibility"


def test_a_consent_that_is_over_renews_nothing(desk: Desk) -> None:
    desk.fund.failures[f"{PATH}/eligibility"] = ["consent-expired"]
    report = desk.report("ask", "--consent-id", str(CONSENT))
    assert (report["exit_code"], report["problem"]["code"]) == (30, "consent-expired")
