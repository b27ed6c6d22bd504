"""The real way to a history: an insurer's claims, a consent by card in the session of its tap, medicines."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from shikaku.clock import today
from shikaku.stack import INSTITUTION_CODE, PIN
from tests.builders.stack import PopulatedStack

DRUG, INGREDIENT = "990000101", "9901001"


@dataclass(frozen=True, slots=True)
class Clinic:
    """The stack's clinic; the card of the role `valid`, for whom a claim was sent."""

    stack: PopulatedStack

    def run(self, *words: str | Path, pin: str = PIN) -> dict[str, Any]:
        """What a command of the terminal reports, its exit code with it."""
        done = self.stack.run("clinic-terminal", *words, "--json", stdin=f"{pin}\n", check=False)
        report: dict[str, Any] = json.loads(done.stdout)
        assert report["exit_code"] == done.returncode
        return report

    def request_history(self, *words: str | Path, consent: str | None = None) -> dict[str, Any]:
        by = ("--consent-id", consent) if consent else self.with_card
        return self.run("history", *by, *words)

    @property
    def with_card(self) -> tuple[str | Path, ...]:
        return ("--card", self.stack.card("valid"), "--pin-stdin", "--agree")


@pytest.fixture(scope="module")
def clinic(stack: PopulatedStack) -> Clinic:
    """Once an insurer has sent a claim of last month, for the month before it."""
    described, file = stack.home / "claim.json", stack.home / "RECEIPTC.UKE"
    described.write_text(json.dumps(_description(stack), ensure_ascii=False), encoding="utf-8")
    stack.run("payer-mock", "write-claims", described, "--out", file)
    sent = stack.run("payer-mock", "send-claims", file, "--json")
    assert json.loads(sent.stdout)["report"]["accepted"] == 1
    return Clinic(stack)


def _description(stack: PopulatedStack) -> dict[str, Any]:
    with (stack.home / "members.csv").open(encoding="utf-8") as members:
        member = next(csv.DictReader(members))
    claimed = today().replace(day=1) - timedelta(days=1)
    treated = claimed.replace(day=1) - timedelta(days=1)
    items = ("insurer_number", "symbol", "number", "branch", "birth_date", "name", "sex")
    medicine = {
        "act": "21",
        "drugs": [{"code": DRUG, "quantity": "1"}],
        "days": {"6": 14},
        "points": 2,
    }
    claim = {
        "institution": {"code": INSTITUTION_CODE, "name": "架空診療所"},
        "member": {name: member[name] for name in items},
        "treatment_month": f"{treated:%Y-%m}",
        "diseases": [{"name": "架空病", "began_on": f"{treated:%Y-%m}-06", "main": True}],
        "units": [medicine],
    }
    return {"claim_month": f"{claimed:%Y-%m}", "medical": [claim]}


def _problem(report: dict[str, Any]) -> tuple[int, str]:
    return report["exit_code"], report["problem"]["code"]


def test_a_card_consents_in_the_session_of_its_tap_and_the_medicines_are_there(clinic: Clinic) -> None:
    report = clinic.request_history("--role", "doctor", "--timings")
    [group] = report["history"]["medications"]["groups"]
    [medicine] = group["medicines"]
    assert (report["exit_code"], group["key"], medicine["drug_code"]) == (0, INGREDIENT, DRUG)
    assert (medicine["origin"], medicine["times"], medicine["prescriber"]["own"]) == ("claim", 14, True)
    assert report["identified"]["consent"]["answer"]["basis"] == "pin"
    assert {"consent-sign", "consent", "medications"} <= set(report["timings_ms"]["steps"])


def test_everything_that_the_patient_can_consent_to_is_taken_at_once(clinic: Clinic) -> None:
    report = clinic.run("tap", *clinic.with_card, "--consent", "all")
    assert (report["exit_code"], report["consent"]["outcome"]) == (0, "given")
    assert len(report["consent"]["answer"]["allowed"]) > 1
    assert report["answer"]["results"][0]["limit_certificate_consent"]


def test_an_earlier_consent_lets_a_doctor_look_again_and_the_reception_never(clinic: Clinic) -> None:
    consent = clinic.request_history("--role", "doctor")["permit_id"]
    again = clinic.request_history("--role", "doctor", "--what", "medications", consent=consent)
    assert again["history"]["medications"]["total"] == 1
    assert _problem(clinic.request_history(consent=consent)) == (30, "role-not-permitted")
    other = clinic.request_history("--role", "doctor", "--what", "surgeries", consent=consent)
    assert _problem(other) == (30, "consent-category")


def test_a_consent_that_the_patient_takes_back_opens_nothing_more(clinic: Clinic) -> None:
    consent = clinic.request_history("--role", "doctor")["permit_id"]
    ended = clinic.run("consent-end", consent, "--reason", "2")
    assert ended["answer"]["end_reason"] == "2"
    assert _problem(clinic.request_history("--role", "doctor", consent=consent)) == (30, "consent-withdrawn")
    assert clinic.run("consent-status", consent)["answer"]["end_reason"] == "2"


def test_by_visual_check_the_consent_is_marked_as_without_pin(clinic: Clinic) -> None:
    card = clinic.stack.card("valid")
    words = ("--card", card, "--visual-check", "--operator", "受付 見本", "--agree", "--role", "doctor")
    report = clinic.run("history", *words)
    assert (report["exit_code"], report["identified"]["consent"]["answer"]["basis"]) == (0, "visual-check")


def test_what_a_clinic_prescribes_shows_at_once(clinic: Clinic, tmp_path: Path) -> None:
    looked = clinic.request_history("--role", "doctor")
    entry = {
        "identified_by": looked["identified"]["answer"]["record_id"],
        "prescribed_on": today().isoformat(),
        "medicines": [{"drug_code": "990000111", "quantity": "1", "act": "21", "times": 7}],
    }
    file = tmp_path / "prescription.json"
    file.write_text(json.dumps(entry), encoding="utf-8")
    assert clinic.run("prescribe", file, "--role", "doctor")["exit_code"] == 0
    again = clinic.request_history("--role", "doctor", "--group", "none", consent=looked["permit_id"])
    origins = [medicine["origin"] for medicine in again["history"]["medications"]["medicines"]]
    assert origins == ["prescription", "claim"]


def test_people_can_read_it(clinic: Clinic) -> None:
    words = ("history", *clinic.with_card, "--role", "pharmacist")
    shown = clinic.stack.run("clinic-terminal", *words, stdin=f"{PIN}\n").stdout
    assert shown.index("同意の期限") < shown.index("架空降圧錠５ｍｇ「見本」")
    assert "レセプト" in shown
