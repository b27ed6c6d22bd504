"""Pharmacy scenes: claims, a consent given to the pharmacy, and the medicines that it opens.

Two prescribers gave the same ingredient for overlapping days. The treatment month is two months back and the
claim month is last month, so that the claims are visible on every day of the month.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from shikaku.admission import admit_terminal
from shikaku.clock import JAPAN
from shikaku.persons.dataset import MEMBERSHIP, Dataset
from shikaku.private_files import write_private
from shikaku.processes import StackError
from shikaku.stack import INSTITUTION_CODE, INSTITUTION_NAME, PIN, Stack
from shikaku.story.step import DemoStep, headline, run_json

PERSON = "P01-valid"

PHARMACY = {"code": "1342222229", "name": "架空薬局"}
CLINIC = {"code": INSTITUTION_CODE, "name": INSTITUTION_NAME}
SECOND_CLINIC = {"code": "1312222225", "name": "見本クリニック"}

INGREDIENT = "9901001"
"""The ingredient of both 架空降圧錠 in the drug master, which have two makers."""

_DRUG, _SAME_BY_ANOTHER_MAKER, _OTHER_DRUG = "990000101", "990000102", "990000111"
_DAYS_OF_SUPPLY = 28


@dataclass(frozen=True, slots=True)
class _Supply:
    """One prescription in the treatment month; `day`: the day of the month on which it was dispensed."""

    prescriber: Mapping[str, str]
    drug: str
    day: int


_SUPPLIES = (
    _Supply(CLINIC, _DRUG, 5),
    _Supply(SECOND_CLINIC, _SAME_BY_ANOTHER_MAKER, 12),
    _Supply(SECOND_CLINIC, _OTHER_DRUG, 12),
)


class PharmacyScenes:
    """One patient of two clinics at a pharmacy, in a stack that has the test persons."""

    def __init__(self, stack: Stack, data: Dataset) -> None:
        self._stack = stack
        self._person = data.person(PERSON)
        self._member = data.enrolment(self._person, 1)
        self._claim_month = _month_before(date.fromisoformat(data.today))
        self._terminals: dict[str, Path] = {}

    def play(self) -> Iterator[DemoStep]:
        """The steps, each run when it is requested. Raises StackError."""
        self._admit(PHARMACY, "pharmacy", "eligibility,registration,visual-check,consent,prescription")
        yield self._claims()
        clinic = self._history(CLINIC, *self._with_card("doctor"))
        yield _medicines_step("診療所：カードと同意\nclinic: card and consent", clinic)
        elsewhere = self._history(PHARMACY, "--consent-id", clinic["permit_id"], "--role", "pharmacist")
        yield _refusal_step(
            "薬局：診療所への同意では閲覧できない\npharmacy: the clinic's consent is refused",
            elsewhere,
            "consent-other-facility",
        )
        pharmacy = self._history(PHARMACY, *self._with_card("pharmacist"))
        yield _medicines_step(
            "薬局：薬局への同意で閲覧できる\npharmacy: consent given to the pharmacy", pharmacy
        )
        consent = pharmacy["permit_id"]
        reception = self._history(PHARMACY, "--consent-id", consent, "--role", "reception")
        yield _refusal_step(
            "薬局の受付：閲覧できない\npharmacy reception: the role is refused",
            reception,
            "role-not-permitted",
        )
        yield self._verification(consent)
        yield self._withdrawal(consent)
        after = self._history(PHARMACY, "--consent-id", consent, "--role", "pharmacist")
        yield _refusal_step("取り消し後：閲覧できない\nafter the withdrawal", after, "consent-withdrawn")

    def _admit(self, facility: Mapping[str, str], kind: str, rights: str) -> None:
        name = f"terminal-{facility['code']}.json"
        credential = admit_terminal(self._stack, facility["code"], facility["name"], kind, rights, file=name)
        self._terminals[facility["code"]] = credential

    def _claims(self) -> DemoStep:
        described, file = self._stack.home / "claims.json", self._stack.home / "RECEIPTY.UKE"
        write_private(described, json.dumps(self._description(), ensure_ascii=False))
        self._stack.run("payer-mock", "write-claims", described, "--out", file)
        insurer = ("--insurer", self._member["insurer_number"])
        report = _part(self._run("payer-mock", "send-claims", file, *insurer, "--json"), "report")
        claims, stored, unmatched = (report[name] for name in ("claims", "accepted", "unmatched"))
        lines = (
            f"{self._claim_month} 請求分：{claims}件、取込 {stored}件、該当者なし {unmatched}件",
            f"{self._claim_month}: {claims} claims, {stored} stored, {unmatched} unmatched",
        )
        good = claims == stored == len(_prescribers()) and not unmatched
        return DemoStep("保険者がレセプトを送信\nthe insurer sends claims", lines, good)

    def _description(self) -> dict[str, Any]:
        """The pharmacy's claims, one for each prescriber, as `payer-mock write-claims` reads them."""
        return {
            "claim_month": self._claim_month,
            "pharmacy": [self._claim(prescriber) for prescriber in _prescribers()],
        }

    def _claim(self, prescriber: Mapping[str, str]) -> dict[str, Any]:
        month = _month_before(date.fromisoformat(f"{self._claim_month}-01"))
        return {
            "institution": PHARMACY,
            "member": {name: self._member[name] for name in (*MEMBERSHIP, "name", "sex")},
            "treatment_month": month,
            "prescriber": prescriber,
            "prescriptions": [
                _prescription(supply.drug, f"{month}-{supply.day:02}")
                for supply in _SUPPLIES
                if supply.prescriber == prescriber
            ],
        }

    def _with_card(self, role: str) -> tuple[str | Path, ...]:
        card = self._stack.cards / self._person.card_file
        return ("--card", card, "--pin-stdin", "--agree", "--role", role)

    def _history(self, facility: Mapping[str, str], *arguments: str | Path) -> dict[str, Any]:
        return self._run("clinic-terminal", "history", *arguments, "--json", at=facility)

    def _withdrawal(self, consent: str) -> DemoStep:
        arguments = ("consent-end", consent, "--reason", "2", "--json")
        ended = _part(self._run("clinic-terminal", *arguments, at=PHARMACY), "answer")
        lines = ("患者による取り消し", "withdrawn by the patient") if ended["end_reason"] == "2" else ()
        return DemoStep("患者が同意を取り消す\nthe patient withdraws the consent", lines, bool(lines))

    def _verification(self, consent: str) -> DemoStep:
        """Verify the exported consent with J-LIS's certificate alone, without a connection to the fund."""
        file = self._stack.home / "consent.json"
        exported = self._stack.run("eligibility-api", "consent", "export", consent).stdout
        write_private(file, exported)
        trust = ("--trust", self._stack.wiring["FUND_TRUST_STORE"])
        proof = self._run("eligibility-api", "consent", "verify", file, *trust, "--json")
        checks: dict[str, list[str]] = {}
        for finding in proof["findings"]:
            checks.setdefault(finding["status"], []).append(finding["check"])
        lines = (*(f"{status}: {', '.join(names)}" for status, names in checks.items()), proof["summary"])
        title = "同意の検証（支払基金に接続せず）\nthe consent verified without the fund"
        return DemoStep(title, lines, proof["proved"])

    def _run(
        self, program: str, *arguments: str | Path, at: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        terminal = self._terminals.get(at["code"]) if at else None
        variables = {"TERMINAL_CREDENTIAL": str(terminal)} if terminal else {}
        return run_json(self._stack, program, *arguments, stdin=f"{PIN}\n", variables=variables)


def _part(output: Mapping[str, Any], name: str) -> dict[str, Any]:
    """A required member of a command's output. Raises StackError if it is missing."""
    part: dict[str, Any] | None = output.get(name)
    if part is None:
        raise StackError(f"output without {name}: {output.get('refusal') or output.get('problem')}")
    return part


def _prescribers() -> list[Mapping[str, str]]:
    """The distinct prescribers, in the order of their supplies."""
    return list({supply.prescriber["code"]: supply.prescriber for supply in _SUPPLIES}.values())


def _prescription(drug: str, day: str) -> dict[str, Any]:
    return {
        "form": "1",
        "usage": "006",
        "drugs": [{"code": drug, "quantity": "1"}],
        "supplies": [{"prescribed_on": day, "dispensed_on": day, "times": _DAYS_OF_SUPPLY}],
        "points": 3,
    }


def _month_before(day: date) -> str:
    return f"{day.replace(day=1) - timedelta(days=1):%Y-%m}"


def _medicines_step(title: str, report: dict[str, Any]) -> DemoStep:
    """The medicines by ingredient, overlaps marked. Expected: all supplies, with the right ones marked."""
    page = report["history"].get("medications")
    if page is None:
        return DemoStep(title, headline(report), False)
    medicines = [one for group in page["groups"] for one in group["medicines"]]
    marked = {one["ingredient_code"] for one in medicines if one["overlaps"]}
    lines = [*_until(page["available_until"])]
    for group in page["groups"]:
        lines.append(group["name"] or group["key"] or "（名称なし）")
        if group["overlaps"]:
            lines += ("！服用期間の重なり", "! overlapping days")
        lines += (_medicine(one) for one in group["medicines"])
    return DemoStep(title, tuple(lines), len(medicines) == len(_SUPPLIES) and marked == {INGREDIENT})


def _until(end: str | None) -> tuple[str, str]:
    """The end of the consent, in two languages; None: it lasts until it is withdrawn."""
    if end is None:
        return "同意の期限：取り消すまで", "consent until it is withdrawn"
    at = datetime.fromisoformat(end).astimezone(JAPAN)
    return f"同意の期限：{at:%Y-%m-%d %H:%M}", f"consent until {at:%Y-%m-%d %H:%M}"


def _medicine(medicine: dict[str, Any]) -> str:
    """A row of the list: a claim may name neither the day, nor the days of supply, nor the prescriber."""
    prescriber = medicine["prescriber"] or {}
    named = prescriber.get("institution_name") or prescriber.get("institution_code") or "－"
    times = f" {medicine['times']}日分" if medicine["times"] is not None else ""
    return f"  {medicine['on'] or medicine['month']}{times} 処方元：{named}"


def _refusal_step(title: str, report: dict[str, Any], code: str) -> DemoStep:
    problem = report.get("problem", {})
    lines = (problem["detail_ja"], problem["detail"]) if problem else headline(report)
    return DemoStep(title, lines, problem.get("code") == code)
