"""Pharmacy scenes, from the programs' reports."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any, cast

import pytest

from shikaku.persons.dataset import load_dataset
from shikaku.processes import StackError
from shikaku.stack import Stack
from shikaku.story.pharmacy import INGREDIENT, PHARMACY, PharmacyScenes
from shikaku.story.step import DemoStep

REFUSALS = ["consent-other-facility", "role-not-permitted", "consent-withdrawn"]


def medicine(row: int, prescriber: str, ingredient: str | None, overlaps: list[int]) -> dict[str, Any]:
    return {
        "row": row,
        "on": "2026-09-05",
        "month": "2026-09",
        "times": 28,
        "ingredient_code": ingredient,
        "prescriber": {"institution_code": "1", "institution_name": prescriber},
        "overlaps": overlaps,
    }


def groups() -> list[dict[str, Any]]:
    marked = [medicine(1, "見本クリニック", INGREDIENT, [2]), medicine(2, "架空診療所", INGREDIENT, [1])]
    other = [medicine(3, "見本クリニック", "9904001", [])]
    return [
        {"key": INGREDIENT, "name": "架空降圧錠５ｍｇ", "overlaps": True, "medicines": marked},
        {"key": "9904001", "name": "架空胃酸錠１５ｍｇ", "overlaps": False, "medicines": other},
    ]


@dataclass
class ScriptedStack:
    """A stack whose commands report what the scenes expect, except for the given values."""

    home: Path
    groups: list[dict[str, Any]] = field(default_factory=groups)
    refusals: list[str] = field(default_factory=lambda: list(REFUSALS))
    claim_counts: dict[str, int] = field(default_factory=lambda: {"claims": 2, "accepted": 2, "unmatched": 0})
    proved: bool = True
    available_until: str | None = "2026-11-27T02:00:00Z"
    stdout: str | None = None
    commands: list[tuple[str, ...]] = field(default_factory=list)
    terminals: list[str | None] = field(default_factory=list)

    @property
    def cards(self) -> Path:
        return self.home

    @property
    def wiring(self) -> dict[str, str]:
        return {"FUND_TRUST_STORE": "trust.pem"}

    def run(self, *arguments: str | Path, **more: Any) -> CompletedProcess[str]:
        self.commands.append(tuple(map(str, arguments)))
        self.terminals.append((more.get("variables") or {}).get("TERMINAL_CREDENTIAL"))
        output = json.dumps(self._output(tuple(map(str, arguments))), ensure_ascii=False)
        return CompletedProcess([], 0, self.stdout or output, "It broke.")

    def _output(self, arguments: tuple[str, ...]) -> dict[str, Any]:
        match arguments[1]:
            case "send-claims":
                return {"report": self.claim_counts}
            case "consent-end":
                return {"answer": {"end_reason": arguments[arguments.index("--reason") + 1]}}
            case "consent":
                checks = [{"check": "words", "status": "ok"}, {"check": "revocation", "status": "not-proved"}]
                return {"proved": self.proved, "findings": checks, "summary": "Proved: possession."}
            case "history" if "--card" in arguments:
                page = {"available_until": self.available_until, "groups": self.groups}
                return self._report({"medications": page})
            case "history":
                code = self.refusals.pop(0)
                problem = {"code": code, "detail_ja": "拒否", "detail": "refused"}
                return self._report({}) | ({"problem": problem} if code else {})
        return {}

    @staticmethod
    def _report(history: dict[str, Any]) -> dict[str, Any]:
        headline = {"ja": "閲覧できます", "en": "May be read"}
        return {"headline": headline, "permit_id": "consent-1", "history": history}


def steps(stack: ScriptedStack, on: date = date(2026, 11, 26)) -> list[DemoStep]:
    return list(PharmacyScenes(cast(Stack, stack), load_dataset(on)).play())


def unexpected(stack: ScriptedStack) -> list[int]:
    return [number for number, one in enumerate(steps(stack)) if not one.as_expected]


def described(stack: ScriptedStack, on: date) -> dict[str, Any]:
    steps(stack, on)
    description: dict[str, Any] = json.loads((stack.home / "claims.json").read_text(encoding="utf-8"))
    return description


def test_every_step_is_as_expected_for_the_expected_reports(tmp_path: Path) -> None:
    stack = ScriptedStack(tmp_path)
    assert unexpected(stack) == []
    assert [arguments[1] for arguments in stack.commands if arguments[0] == "clinic-terminal"] == [
        "history",
        "history",
        "history",
        "history",
        "consent-end",
        "history",
    ]


def test_the_pharmacy_uses_its_own_terminal(tmp_path: Path) -> None:
    stack = ScriptedStack(tmp_path)
    steps(stack)
    pharmacy = str(tmp_path / f"terminal-{PHARMACY['code']}.json")
    at = [
        terminal
        for arguments, terminal in zip(stack.commands, stack.terminals, strict=True)
        if arguments[0] == "clinic-terminal"
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
def test_the_claims_are_visible_on_every_day(tmp_path: Path, day: date, treated: str, claimed: str) -> None:
    description = described(ScriptedStack(tmp_path), day)
    assert description["claim_month"] == claimed
    assert {claim["treatment_month"] for claim in description["pharmacy"]} == {treated}
    supplies = [
        supply["dispensed_on"]
        for claim in description["pharmacy"]
        for one in claim["prescriptions"]
        for supply in one["supplies"]
    ]
    assert supplies
    assert all(date.fromisoformat(on).isoformat().startswith(treated) for on in supplies)


def test_each_prescriber_has_a_claim_and_both_gave_one_ingredient(tmp_path: Path) -> None:
    claims = described(ScriptedStack(tmp_path), date(2026, 11, 26))["pharmacy"]
    drugs = {
        claim["prescriber"]["name"]: [one["code"] for line in claim["prescriptions"] for one in line["drugs"]]
        for claim in claims
    }
    assert drugs == {"架空診療所": ["990000101"], "見本クリニック": ["990000102", "990000111"]}


def test_medicines_are_grouped_by_ingredient_with_overlaps_marked(tmp_path: Path) -> None:
    shown = steps(ScriptedStack(tmp_path))[3]
    assert shown.lines[:6] == (
        "同意の期限：2026-11-27 11:00",
        "consent until 2026-11-27 11:00",
        "架空降圧錠５ｍｇ",
        "！服用期間の重なり",
        "! overlapping days",
        "  2026-09-05 28日分 処方元：見本クリニック",
    )


@pytest.mark.parametrize(
    ("absent", "line"),
    [
        ({"prescriber": None}, "  2026-09-05 28日分 処方元：－"),
        (
            {"prescriber": {"institution_code": "1312222225", "institution_name": None}},
            "  2026-09-05 28日分 処方元：1312222225",
        ),
        ({"on": None}, "  2026-09 28日分 処方元：見本クリニック"),
        ({"times": None}, "  2026-09-05 処方元：見本クリニック"),
        ({"on": None, "times": None, "prescriber": None}, "  2026-09 処方元：－"),
    ],
    ids=["prescriber", "name", "day", "times", "all"],
)
def test_a_row_that_names_less_is_shown_with_what_it_names(
    tmp_path: Path, absent: dict[str, Any], line: str
) -> None:
    """Every field of a row that may be null."""
    stack = ScriptedStack(tmp_path)
    stack.groups[0]["medicines"][0] |= absent
    assert line in steps(stack)[3].lines


def test_a_group_without_a_name_and_a_consent_without_an_end_are_shown(tmp_path: Path) -> None:
    stack = ScriptedStack(tmp_path, available_until=None)
    stack.groups[0]["name"] = stack.groups[1]["name"] = stack.groups[1]["key"] = None
    lines = steps(stack)[3].lines
    assert lines[:3] == ("同意の期限：取り消すまで", "consent until it is withdrawn", INGREDIENT)
    assert "（名称なし）" in lines


def _without_marks(stack: ScriptedStack) -> None:
    for one in stack.groups[0]["medicines"]:
        one["overlaps"] = []


def _without_the_last(stack: ScriptedStack) -> None:
    stack.groups.pop()


@pytest.mark.parametrize("change", [_without_marks, _without_the_last])
def test_missing_or_unmarked_medicines_are_not_as_expected(tmp_path: Path, change: Any) -> None:
    stack = ScriptedStack(tmp_path)
    change(stack)
    assert unexpected(stack) == [1, 3]


@pytest.mark.parametrize(("refusal", "step"), [(0, 2), (1, 4), (2, 7)])
def test_a_missing_refusal_is_not_as_expected(tmp_path: Path, refusal: int, step: int) -> None:
    stack = ScriptedStack(tmp_path)
    stack.refusals[refusal] = ""
    assert unexpected(stack) == [step]


def test_an_unproved_consent_is_not_as_expected(tmp_path: Path) -> None:
    assert unexpected(ScriptedStack(tmp_path, proved=False)) == [5]


@pytest.mark.parametrize("counts", [{"accepted": 1}, {"unmatched": 1}, {"claims": 3}])
def test_claims_that_were_not_stored_are_not_as_expected(tmp_path: Path, counts: dict[str, int]) -> None:
    stack = ScriptedStack(tmp_path)
    stack.claim_counts |= counts
    assert unexpected(stack) == [0]


def test_a_command_without_output_raises_an_error(tmp_path: Path) -> None:
    with pytest.raises(StackError, match=r"payer-mock send-claims .*\nIt broke"):
        steps(ScriptedStack(tmp_path, stdout="no answer"))


def test_refused_claims_raise_an_error_with_the_reason(tmp_path: Path) -> None:
    with pytest.raises(StackError, match="without report: claims-unreadable"):
        steps(ScriptedStack(tmp_path, stdout='{"refusal": "claims-unreadable"}'))
