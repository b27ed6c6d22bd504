"""The pharmacy's part of the story: claims that the insurer sends, a consent of its own, and the medicines that it opens.

Two prescribers gave the same ingredient for days that overlap. The treatment lies two months back and was claimed last
month, so that the claims may be seen on any day on which the story is told.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from demo.clock import JAPAN
from demo.house import INSTITUTION_CODE, INSTITUTION_NAME, PIN, House
from demo.persons.stage import MEMBERSHIP, Stage
from demo.processes import HouseError
from demo.told import Told

PERSON = "P01-valid"

PHARMACY = {"code": "1342222229", "name": "架空薬局"}
CLINIC = {"code": INSTITUTION_CODE, "name": INSTITUTION_NAME}
SECOND_CLINIC = {"code": "1312222225", "name": "見本クリニック"}

INGREDIENT = "9901001"
"""Of both 架空降圧錠 of the drug master, from two makers."""

_DRUG, _SAME_BY_ANOTHER_MAKER, _OTHER_DRUG = "990000101", "990000102", "990000111"
_DAYS_OF_SUPPLY = 28


@dataclass(frozen=True, slots=True)
class _Supply:
    """One prescription of the treatment month, and the day on which it was dispensed."""

    prescriber: Mapping[str, str]
    drug: str
    day: int


_SUPPLIES = (
    _Supply(CLINIC, _DRUG, 5),
    _Supply(SECOND_CLINIC, _SAME_BY_ANOTHER_MAKER, 12),
    _Supply(SECOND_CLINIC, _OTHER_DRUG, 12),
)


class PharmacyStory:
    """One patient of two clinics at a pharmacy, in a house where the test persons live."""

    def __init__(self, house: House, data: Stage) -> None:
        self._house = house
        self._person = data.person(PERSON)
        self._member = data.enrolment(self._person, 1)
        self._claim_month = _month_before(date.fromisoformat(data.today))
        self._terminals: dict[str, Path] = {}

    def tell(self) -> Iterator[Told]:
        """The steps, each done as it is asked for. Raises HouseError."""
        self._admit(PHARMACY, "pharmacy", "eligibility,registration,visual-check,consent,prescription")
        yield self._claims()
        clinic = self._look(CLINIC, *self._with_card("doctor"))
        yield _told_medicines("診療所：カードと同意\nat a clinic: card and consent", clinic)
        elsewhere = self._look(PHARMACY, "--consent-id", clinic["permit_id"], "--role", "pharmacist")
        yield _told_refusal(
            "薬局：診療所への同意では\nat a pharmacy, by the clinic's consent",
            elsewhere,
            "consent-other-facility",
        )
        pharmacy = self._look(PHARMACY, *self._with_card("pharmacist"))
        yield _told_medicines("薬局：薬局への同意で\nby a consent of its own", pharmacy)
        consent = pharmacy["permit_id"]
        reception = self._look(PHARMACY, "--consent-id", consent, "--role", "reception")
        yield _told_refusal("薬局の受付では\nat the pharmacy's reception", reception, "role-not-permitted")
        yield self._proof(consent)
        yield self._withdrawal(consent)
        after = self._look(PHARMACY, "--consent-id", consent, "--role", "pharmacist")
        yield _told_refusal("取り消したあとは\nafter that", after, "consent-withdrawn")

    def _admit(self, facility: Mapping[str, str], kind: str, rights: str) -> None:
        name = f"terminal-{facility['code']}.json"
        credential = self._house.admit_terminal(facility["code"], facility["name"], kind, rights, name)
        self._terminals[facility["code"]] = credential

    def _claims(self) -> Told:
        described, file = self._house.home / "claims.json", self._house.home / "RECEIPTY.UKE"
        described.write_text(json.dumps(self._description(), ensure_ascii=False), encoding="utf-8")
        self._house.run("payer-mock", "write-claims", described, "--out", file)
        insurer = ("--insurer", self._member["insurer_number"])
        report = _part(self._answer("payer-mock", "send-claims", file, *insurer, "--json"), "report")
        lines = (
            f"{self._claim_month} 請求分 / claimed",
            "{claims}件 / receipts, 受付 / taken {accepted}, 該当者なし / unmatched {unmatched}".format_map(
                report
            ),
        )
        good = report["claims"] == report["accepted"] == len(_prescribers()) and not report["unmatched"]
        return Told("保険者がレセプトを送信\nthe insurer sends claims", lines, good)

    def _description(self) -> dict[str, Any]:
        """A pharmacy's receipts, one for each prescriber."""
        return {
            "claim_month": self._claim_month,
            "pharmacy": [self._receipt(prescriber) for prescriber in _prescribers()],
        }

    def _receipt(self, prescriber: Mapping[str, str]) -> dict[str, Any]:
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
        card = self._house.cards / self._person.card_file
        return ("--card", card, "--pin-stdin", "--agree", "--role", role)

    def _look(self, facility: Mapping[str, str], *words: str | Path) -> dict[str, Any]:
        return self._answer("clinic-terminal", "history", *words, "--json", at=facility)

    def _withdrawal(self, consent: str) -> Told:
        words = ("consent-end", consent, "--reason", "2", "--json")
        ended = _part(self._answer("clinic-terminal", *words, at=PHARMACY), "answer")
        lines = ("患者による取消 / by the patient",) if ended["end_reason"] == "2" else ()
        return Told("患者が同意を取り消す\nthe patient withdraws it", lines, bool(lines))

    def _proof(self, consent: str) -> Told:
        """Proved without the fund: by the exported file and J-LIS's certificate alone."""
        file = self._house.home / "consent.json"
        exported = self._house.run("eligibility-api", "consent", "export", consent).stdout
        file.write_text(exported, encoding="utf-8")
        trust = ("--trust", self._house.wiring["FUND_TRUST_STORE"])
        proof = self._answer("eligibility-api", "consent", "verify", file, *trust, "--json")
        found: dict[str, list[str]] = {}
        for finding in proof["findings"]:
            found.setdefault(finding["status"], []).append(finding["check"])
        lines = (*(f"{status}: {', '.join(checks)}" for status, checks in found.items()), proof["summary"])
        return Told("同意の証明（基金なしで）\nthe consent proved, without the fund", lines, proof["proved"])

    def _answer(
        self, program: str, *words: str | Path, at: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        """What a program says as JSON; what it refuses is told by its exit code too, hence unchecked."""
        terminal = self._terminals.get(at["code"]) if at else None
        variables = {"TERMINAL_CREDENTIAL": str(terminal)} if terminal else {}
        done = self._house.run(program, *words, stdin=f"{PIN}\n", check=False, variables=variables)
        try:
            answer: dict[str, Any] = json.loads(done.stdout)
        except ValueError as error:
            raise HouseError(
                f"{program} {words[0]} ended without an answer:\n{done.stderr.strip()}"
            ) from error
        return answer


def _part(answer: Mapping[str, Any], name: str) -> dict[str, Any]:
    """A part of an answer, without which the story cannot go on. Raises HouseError."""
    part: dict[str, Any] | None = answer.get(name)
    if part is None:
        raise HouseError(f"an answer without {name}: {answer.get('refusal') or answer.get('problem')}")
    return part


def _prescribers() -> list[Mapping[str, str]]:
    """Each once, in the order of their supplies."""
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


def _told_medicines(title: str, report: dict[str, Any]) -> Told:
    """Every medicine by ingredient, `!` where it is a duplicate; all of the supplies must be there, so marked."""
    page = report["history"].get("medications")
    if page is None:
        return Told(title, _headline(report), False)
    medicines = [one for group in page["groups"] for one in group["medicines"]]
    marked = {one["ingredient_code"] for one in medicines if one["duplicates"]}
    ends = datetime.fromisoformat(page["available_until"]).astimezone(JAPAN)
    lines = [f"同意の期限 / consent ends {ends:%Y-%m-%d %H:%M}"]
    for group in page["groups"]:
        mark = "！重複 / duplicate" if group["duplicates"] else ""
        lines.append(f"{group['name']} {mark}".strip())
        lines += (_medicine(one) for one in group["medicines"])
    return Told(title, tuple(lines), len(medicines) == len(_SUPPLIES) and marked == {INGREDIENT})


def _medicine(medicine: dict[str, Any]) -> str:
    prescriber = medicine["prescriber"]["institution_name"] or medicine["prescriber"]["institution_code"]
    return f"  {medicine['on']} {medicine['times']}日分 {prescriber}"


def _told_refusal(title: str, report: dict[str, Any], code: str) -> Told:
    problem = report.get("problem", {})
    lines = (problem["detail_ja"], problem["detail"]) if problem else _headline(report)
    return Told(title, lines, problem.get("code") == code)


def _headline(report: dict[str, Any]) -> tuple[str, ...]:
    return ("{ja} / {en}".format_map(report["headline"]),)
