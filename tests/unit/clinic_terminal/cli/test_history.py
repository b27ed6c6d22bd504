"""The command `history`: tap, consent, look; by an earlier consent; exit codes; nothing personal in an address."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from eligibility_api.contract.codes import Validity
from eligibility_api.contract.history import HistoryResource
from tests.unit.clinic_terminal import builders
from tests.unit.clinic_terminal.fake_card import FakeCard
from tests.unit.clinic_terminal.fake_consents import CONSENT
from tests.unit.clinic_terminal.set_up import Desk

TAPPED = ("--pin-stdin", "--agree", "--role", "pharmacist")
MEDICATIONS = f"/v1/consents/{CONSENT}/medications"


def looked(desk: Desk, *arguments: str) -> dict[str, Any]:
    return desk.report("history", *TAPPED, *arguments, typed="1234\n")


def test_a_card_is_tapped_consents_and_is_unpowered_before_anything_is_looked_at(desk: Desk) -> None:
    report = looked(desk)
    assert (report["outcome"], report["exit_code"], report["permit_id"]) == ("shown", 0, str(CONSENT))
    [group] = report["history"]["medications"]["groups"]
    assert group["medicines"][0]["name"] == "見本錠５ｍｇ"
    assert report["identified"]["consent"]["outcome"] == "given"
    assert desk.fund.calls[-2:] == ["/v1/consents", MEDICATIONS]
    assert isinstance(desk.card, FakeCard)
    assert desk.card.closed == 1


def test_the_patient_is_asked_for_what_is_looked_at(desk: Desk) -> None:
    looked(desk, "--what", "diagnoses,surgeries")
    asked = next(body for body in desk.fund.bodies if "visual_check" in body)
    assert asked["categories"] == ["surgery", "diagnosis"]


def test_an_earlier_consent_needs_no_card(desk: Desk) -> None:
    report = desk.report("history", "--consent-id", str(CONSENT), "--role", "pharmacist")
    assert (report["exit_code"], desk.opened, "identified" in report) == (0, [], False)
    assert desk.fund.history.headers[0]["Operator-Role"] == "pharmacist"


def test_the_options_travel(desk: Desk) -> None:
    desk.report(
        "history", "--consent-id", str(CONSENT), "--from", "2025-01", "--to", "2025-12", "--group", "date",
        "--prescriber", "1312222225", "--known-at", "2026-03-01T00:00:00+09:00", "--operator", "見本 薬剤師",
    )  # fmt: skip
    assert desk.fund.history.asked == [
        {
            "from_month": "2025-01",
            "to_month": "2025-12",
            "group": "date",
            "prescriber": "1312222225",
            "known_at": "2026-03-01T00:00:00+09:00",
        }
    ]
    assert "%" in desk.fund.history.headers[0]["Operator-Name"]


def test_a_visual_check_names_who_compared_the_face_and_who_looks(desk: Desk) -> None:
    words = ("history", "--visual-check", "--operator", "見本 医師", "--agree", "--role", "doctor", "--json")
    assert desk.run(*words, pin="").exit_code == 0
    assert desk.fund.consents.given[0].operator == "見本 医師"
    assert "Operator-Name" in desk.fund.history.headers[0]


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
def test_the_exit_code_tells_the_kind_of_problem(desk: Desk, path: str, failure: str, code: int) -> None:
    desk.fund.failures[path] = [failure]
    report = looked(desk)
    problem = "fund-unreachable" if failure == "lost" else failure
    assert (report["exit_code"], report["problem"]["code"], report["history"]) == (code, problem, {})


def test_a_wrong_pin_ends_with_20(desk: Desk) -> None:
    report = desk.report("history", *TAPPED, typed="9999\n")
    assert (report["exit_code"], report["problem"]["code"]) == (20, "pin-wrong")


@pytest.mark.parametrize("validity", [Validity.INVALID, Validity.NOT_FOUND])
def test_whoever_is_not_insured_today_can_consent_all_the_same(desk: Desk, validity: Validity) -> None:
    desk.fund.answer = builders.answer(validity, [])
    assert looked(desk)["exit_code"] == 0


def test_people_read_it_with_the_end_before_the_rows(desk: Desk) -> None:
    result = desk.run("history", *TAPPED)
    assert result.exit_code == 0
    assert result.stdout.index("同意の期限") < result.stdout.index("見本錠５ｍｇ")


def test_software_that_reads_shift_jis_gets_it(desk: Desk) -> None:
    result = desk.run("history", "--consent-id", str(CONSENT), "--json", "--shift-jis")
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
def test_wrong_usage_ends_with_2_before_anything_is_touched(desk: Desk, arguments: list[str]) -> None:
    assert desk.run("history", *arguments).exit_code == 2
    assert (desk.opened, desk.fund.calls) == ([], [])


def test_nothing_is_left_on_disk(desk: Desk, tmp_path: Path) -> None:
    before = sorted(tmp_path.rglob("*"))
    looked(desk, "--what", ",".join(HistoryResource))
    assert sorted(tmp_path.rglob("*")) == before
