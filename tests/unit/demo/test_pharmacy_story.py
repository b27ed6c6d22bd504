"""What the demo tells of a pharmacy, from what the programs report."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any, cast

import pytest

from demo.house import House
from demo.persons.stage import stage
from demo.pharmacy_story import INGREDIENT, PHARMACY, PharmacyStory
from demo.processes import HouseError
from demo.told import Told

REFUSALS = ["consent-other-facility", "role-not-permitted", "consent-withdrawn"]


def medicine(row: int, prescriber: str, ingredient: str | None, duplicates: list[int]) -> dict[str, Any]:
    return {
        "row": row,
        "on": "2026-09-05",
        "times": 28,
        "ingredient_code": ingredient,
        "prescriber": {"institution_code": "1", "institution_name": prescriber},
        "duplicates": duplicates,
    }


def groups() -> list[dict[str, Any]]:
    marked = [medicine(1, "見本クリニック", INGREDIENT, [2]), medicine(2, "架空診療所", INGREDIENT, [1])]
    other = [medicine(3, "見本クリニック", "9904001", [])]
    return [
        {"key": INGREDIENT, "name": "架空降圧錠５ｍｇ", "duplicates": True, "medicines": marked},
        {"key": "9904001", "name": "架空胃酸錠１５ｍｇ", "duplicates": False, "medicines": other},
    ]


@dataclass
class ScriptedHouse:
    """A house in which each command reports what the story expects, but for what is given."""

    home: Path
    groups: list[dict[str, Any]] = field(default_factory=groups)
    refusals: list[str] = field(default_factory=lambda: list(REFUSALS))
    receipts: dict[str, int] = field(default_factory=lambda: {"claims": 2, "accepted": 2, "unmatched": 0})
    proved: bool = True
    stdout: str | None = None
    commands: list[tuple[str, ...]] = field(default_factory=list)
    terminals: list[str | None] = field(default_factory=list)

    @property
    def cards(self) -> Path:
        return self.home

    @property
    def wiring(self) -> dict[str, str]:
        return {"FUND_TRUST_STORE": "trust.pem"}

    def admit_terminal(self, code: str, name: str, kind: str, rights: str, file: str) -> Path:
        self.commands.append(("admit", code, kind, rights))
        return self.home / file

    def run(self, *words: str | Path, **more: Any) -> CompletedProcess[str]:
        self.commands.append(tuple(map(str, words)))
        self.terminals.append((more.get("variables") or {}).get("TERMINAL_CREDENTIAL"))
        said = json.dumps(self._said(tuple(map(str, words))), ensure_ascii=False)
        return CompletedProcess([], 0, self.stdout or said, "It broke.")

    def _said(self, words: tuple[str, ...]) -> dict[str, Any]:
        match words[1]:
            case "send-claims":
                return {"report": self.receipts}
            case "consent-end":
                return {"answer": {"end_reason": words[words.index("--reason") + 1]}}
            case "consent":
                checks = [{"check": "words", "status": "ok"}, {"check": "revocation", "status": "not-proved"}]
                return {"proved": self.proved, "findings": checks, "summary": "Proved: possession."}
            case "history" if "--card" in words:
                page = {"available_until": "2026-11-27T02:00:00Z", "groups": self.groups}
                return self._report({"medications": page})
            case "history":
                code = self.refusals.pop(0)
                problem = {"code": code, "detail_ja": "拒否", "detail": "refused"}
                return self._report({}) | ({"problem": problem} if code else {})
        return {}

    @staticmethod
    def _report(history: dict[str, Any]) -> dict[str, Any]:
        headline = {"ja": "閲覧できます", "en": "May be looked at"}
        return {"headline": headline, "permit_id": "consent-1", "history": history}


def told(house: ScriptedHouse, on: date = date(2026, 11, 26)) -> list[Told]:
    return list(PharmacyStory(cast(House, house), stage(on)).tell())


def unexpected(house: ScriptedHouse) -> list[int]:
    return [number for number, one in enumerate(told(house)) if not one.as_expected]


def described(house: ScriptedHouse, on: date) -> dict[str, Any]:
    told(house, on)
    description: dict[str, Any] = json.loads((house.home / "claims.json").read_text(encoding="utf-8"))
    return description


def test_the_story_is_as_expected_when_every_program_says_so(tmp_path: Path) -> None:
    house = ScriptedHouse(tmp_path)
    assert unexpected(house) == []
    assert [words[1] for words in house.commands if words[0] == "clinic-terminal"] == [
        "history",
        "history",
        "history",
        "history",
        "consent-end",
        "history",
    ]


def test_only_the_pharmacys_terminal_works_at_the_pharmacy(tmp_path: Path) -> None:
    house = ScriptedHouse(tmp_path)
    told(house)
    pharmacy = str(tmp_path / f"terminal-{PHARMACY['code']}.json")
    at = [
        terminal
        for words, terminal in zip(
            (w for w in house.commands if w[0] != "admit"), house.terminals, strict=True
        )
        if words[0] == "clinic-terminal"
    ]
    assert at == [None, *[pharmacy] * 5]


@pytest.mark.parametrize(
    ("day", "treated", "claimed"),
    [
        (date(2026, 11, 26), "2026-09", "2026-10"),
        (date(2027, 1, 1), "2026-11", "2026-12"),
        (date(2027, 2, 28), "2026-12", "2027-01"),
        (date(2027, 3, 31), "2027-01", "2027-02"),
    ],
)
def test_the_claims_may_be_seen_on_every_day(tmp_path: Path, day: date, treated: str, claimed: str) -> None:
    description = described(ScriptedHouse(tmp_path), day)
    assert description["claim_month"] == claimed
    assert {receipt["treatment_month"] for receipt in description["pharmacy"]} == {treated}
    supplies = [
        supply["dispensed_on"]
        for receipt in description["pharmacy"]
        for one in receipt["prescriptions"]
        for supply in one["supplies"]
    ]
    assert all(date.fromisoformat(on).isoformat().startswith(treated) for on in supplies)


def test_each_prescriber_has_a_receipt_and_one_ingredient_has_both(tmp_path: Path) -> None:
    receipts = described(ScriptedHouse(tmp_path), date(2026, 11, 26))["pharmacy"]
    drugs = {
        receipt["prescriber"]["name"]: [
            one["code"] for line in receipt["prescriptions"] for one in line["drugs"]
        ]
        for receipt in receipts
    }
    assert drugs == {"架空診療所": ["990000101"], "見本クリニック": ["990000102", "990000111"]}


def test_medicines_are_told_by_ingredient_with_the_duplicate_in_words(tmp_path: Path) -> None:
    shown = told(ScriptedHouse(tmp_path))[3]
    assert shown.lines[:3] == (
        "同意の期限 / consent ends 2026-11-27 11:00",
        "架空降圧錠５ｍｇ ！重複 / duplicate",
        "  2026-09-05 28日分 見本クリニック",
    )


def _without_marks(house: ScriptedHouse) -> None:
    for one in house.groups[0]["medicines"]:
        one["duplicates"] = []


def _without_the_last(house: ScriptedHouse) -> None:
    house.groups.pop()


@pytest.mark.parametrize("spoil", [_without_marks, _without_the_last])
def test_medicines_that_are_missing_or_unmarked_are_told(tmp_path: Path, spoil: Any) -> None:
    house = ScriptedHouse(tmp_path)
    spoil(house)
    assert unexpected(house) == [1, 3]


@pytest.mark.parametrize(("refusal", "step"), [(0, 2), (1, 4), (2, 7)])
def test_a_look_that_is_not_refused_is_told(tmp_path: Path, refusal: int, step: int) -> None:
    house = ScriptedHouse(tmp_path)
    house.refusals[refusal] = ""
    assert unexpected(house) == [step]


def test_a_consent_that_is_not_proved_is_told(tmp_path: Path) -> None:
    assert unexpected(ScriptedHouse(tmp_path, proved=False)) == [5]


@pytest.mark.parametrize("spoiled", [{"accepted": 1}, {"unmatched": 1}, {"claims": 3}])
def test_claims_that_were_not_taken_are_told(tmp_path: Path, spoiled: dict[str, int]) -> None:
    house = ScriptedHouse(tmp_path)
    house.receipts |= spoiled
    assert unexpected(house) == [0]


def test_a_program_without_an_answer_ends_the_story(tmp_path: Path) -> None:
    with pytest.raises(HouseError, match=r"payer-mock send-claims .*\nIt broke"):
        told(ScriptedHouse(tmp_path, stdout="no answer"))


def test_claims_that_were_refused_end_the_story_with_their_reason(tmp_path: Path) -> None:
    with pytest.raises(HouseError, match="without report: claims-unreadable"):
        told(ScriptedHouse(tmp_path, stdout='{"refusal": "claims-unreadable"}'))
