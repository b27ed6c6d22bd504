"""The command `history`: exit codes, and no personal data in a URL.

After a tap with consent, and by an earlier consent.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from eligibility_api.contract.codes import Validity
from eligibility_api.contract.history import HistoryResource
from tests.builders.clinic import samples
from tests.builders.clinic.fake_card import FakeCard
from tests.builders.clinic.fake_consents import CONSENT
from tests.builders.clinic.terminal import TerminalRunner

WITH_CARD = ("--pin-stdin", "--agree", "--role", "pharmacist")
MEDICATIONS = f"/v1/consents/{CONSENT}/medications"


def read_history(terminal: TerminalRunner, *arguments: str) -> dict[str, Any]:
    return terminal.report("history", *WITH_CARD, *arguments, typed="1234\n")


def test_a_card_signs_the_consent_and_is_unpowered_before_anything_is_fetched(
    terminal: TerminalRunner,
) -> None:
    report = read_history(terminal)
    assert (report["outcome"], report["exit_code"], report["permit_id"]) == ("shown", 0, str(CONSENT))
    [group] = report["history"]["medications"]["groups"]
    assert group["medicines"][0]["name"] == "見本錠５ｍｇ"
    assert report["identified"]["consent"]["outcome"] == "given"
    assert terminal.fund.calls[-2:] == ["/v1/consents", MEDICATIONS]
    assert isinstance(terminal.card, FakeCard)
    assert terminal.card.closed == 1


@pytest.fixture
def asks_for_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    """A facility that asks for treatments and surgery too."""
    monkeypatch.setenv("TERMINAL_INFORMATION", "TKK,YZK,SRJ,SHJ")


@pytest.mark.usefixtures("asks_for_everything")
def test_the_consent_covers_the_requested_resources(terminal: TerminalRunner) -> None:
    read_history(terminal, "--what", "diagnoses,surgeries")
    request = next(body for body in terminal.fund.bodies if "visual_check" in body)
    assert request["categories"] == ["surgery", "diagnosis"]


@pytest.mark.parametrize("resource", [HistoryResource.TREATMENTS, HistoryResource.SURGERIES])
def test_in_factory_state_treatments_and_surgery_are_not_asked_for(
    terminal: TerminalRunner, resource: HistoryResource
) -> None:
    result = terminal.run("history", *WITH_CARD, "--what", resource)
    assert result.exit_code == 2
    assert "TERMINAL_INFORMATION" in result.stderr
    assert terminal.fund.calls == []
    by_consent = terminal.report(
        "history", "--consent-id", str(CONSENT), "--role", "doctor", "--what", resource
    )
    assert by_consent["exit_code"] == 0


def test_an_earlier_consent_needs_no_card(terminal: TerminalRunner) -> None:
    report = terminal.report("history", "--consent-id", str(CONSENT), "--role", "pharmacist")
    assert (report["exit_code"], terminal.opened, "identified" in report) == (0, [], False)
    assert terminal.fund.history.headers[0]["Operator-Role"] == "pharmacist"


def test_the_options_are_sent(terminal: TerminalRunner) -> None:
    terminal.report(
        "history", "--consent-id", str(CONSENT), "--from", "2025-01", "--to", "2025-12", "--group", "date",
        "--prescriber", "1312222225", "--known-at", "2026-03-01T00:00:00+09:00", "--operator", "見本 薬剤師",
    )  # fmt: skip
    assert terminal.fund.history.queries == [
        {
            "from_month": "2025-01",
            "to_month": "2025-12",
            "group": "date",
            "prescriber": "1312222225",
            "known_at": "2026-03-01T00:00:00+09:00",
        }
    ]
    assert "%" in terminal.fund.history.headers[0]["Operator-Name"]


def test_a_visual_check_sends_the_operator_for_check_and_access(terminal: TerminalRunner) -> None:
    arguments = (
        "history",
        "--visual-check",
        "--operator",
        "見本 医師",
        "--agree",
        "--role",
        "doctor",
        "--json",
    )
    assert terminal.run(*arguments, pin="").exit_code == 0
    assert terminal.fund.consents.requests[0].operator == "見本 医師"
    assert "Operator-Name" in terminal.fund.history.headers[0]


@pytest.mark.parametrize(
    ("path", "failure", "code"),
    [
        (MEDICATIONS, "consent-withdrawn", 30),
        (MEDICATIONS, "role-not-permitted", 30),
        (MEDICATIONS, "lost", 40),
        ("/v1/consents", "database-unavailable", 40),
        ("/v1/eligibility/card", "certificate-revoked", 30),
        ("/v1/eligibility/card", "first-registration-needed", 31),
        ("/v1/token", "lost", 40),
    ],
)
def test_the_exit_code_is_that_of_the_problem(
    terminal: TerminalRunner, path: str, failure: str, code: int
) -> None:
    terminal.fund.failures[path] = [failure]
    report = read_history(terminal)
    problem = "fund-unreachable" if failure == "lost" else failure
    assert (report["exit_code"], report["problem"]["code"], report["history"]) == (code, problem, {})


def test_a_wrong_pin_ends_with_20(terminal: TerminalRunner) -> None:
    report = terminal.report("history", *WITH_CARD, typed="9999\n")
    assert (report["exit_code"], report["problem"]["code"]) == (20, "pin-wrong")


@pytest.mark.parametrize("validity", [Validity.INVALID, Validity.NOT_FOUND])
def test_a_person_who_is_not_insured_today_can_consent(terminal: TerminalRunner, validity: Validity) -> None:
    terminal.fund.answer = samples.answer(validity, [])
    assert read_history(terminal)["exit_code"] == 0


def test_the_end_of_the_consent_is_shown_before_the_rows(terminal: TerminalRunner) -> None:
    result = terminal.run("history", *WITH_CARD)
    assert result.exit_code == 0
    assert result.stdout.index("同意の期限") < result.stdout.index("見本錠５ｍｇ")


def test_json_can_be_in_shift_jis(terminal: TerminalRunner) -> None:
    result = terminal.run("history", "--consent-id", str(CONSENT), "--json", "--shift-jis")
    assert "見本錠５ｍｇ" in result.stdout_bytes.decode("cp932")


@pytest.mark.parametrize(
    "arguments",
    [
        ["--pin-stdin", "--role", "doctor"],
        ["--role", "doctor"],
        ["--pin-stdin", "--agree"],
        ["--pin-stdin", "--agree", "--role", "reception"],
        ["--consent-id", str(CONSENT), "--agree"],
        ["--consent-id", str(CONSENT), "--card", "card.json"],
        ["--consent-id", str(CONSENT), "--last-try"],
        ["--consent-id", str(CONSENT), "--care", "home-visit"],
        ["--consent-id", str(CONSENT), "--language", "en"],
        ["--consent-id", str(CONSENT), "--shift-jis"],
        ["--consent-id", str(CONSENT), "--what", "everything"],
        ["--consent-id", str(CONSENT), "--what", ""],
        ["--consent-id", str(CONSENT), "--from", "2026-13"],
        ["--consent-id", str(CONSENT), "--from", "2026-02", "--to", "2026-01"],
        ["--consent-id", str(CONSENT), "--prescriber", "1234567890"],
        ["--consent-id", str(CONSENT), "--known-at", "2026-01-01"],
        ["--consent-id", str(CONSENT), "--role", "patient"],
        ["--consent-id", "c-1"],
    ],
)
def test_wrong_usage_ends_with_2_before_anything_is_opened(
    terminal: TerminalRunner, arguments: list[str]
) -> None:
    assert terminal.run("history", *arguments).exit_code == 2
    assert (terminal.opened, terminal.fund.calls) == ([], [])


@pytest.mark.usefixtures("asks_for_everything")
def test_nothing_is_written_to_disk(terminal: TerminalRunner, tmp_path: Path) -> None:
    before = sorted(tmp_path.rglob("*"))
    read_history(terminal, "--what", ",".join(HistoryResource))
    assert sorted(tmp_path.rglob("*")) == before
