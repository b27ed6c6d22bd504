"""`loadtest smoke` with users that need neither Locust nor a network."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from jpki_mock.card.in_process import open_card
from loadtest.cli import app
from loadtest.smoke.command import Dependencies
from loadtest.smoke.report import SmokeReport, Timing
from loadtest.smoke.run import SmokePlan
from loadtest.smoke.tap import TapChecker, tap
from tests.unit.loadtest.builders import FakeFund, set_up

ANSWERS: list[dict[str, Any] | str] = [{"validity": "2"}, {"validity": "1"}]


@dataclass
class OneTapEach:
    """Every user taps once, in order."""

    fund: FakeFund
    plans: list[SmokePlan] = field(default_factory=list)

    def __call__(self, plan: SmokePlan, checker: TapChecker) -> SmokeReport:
        self.plans.append(plan)
        with self.fund.client() as client:
            for card in plan.cards:
                tap(card, client, checker)
        silent = [card.name for card in plan.cards if not checker.right[card.name]]
        taps = Timing("tap", len(plan.cards), 0, 1.0, 1.0)
        return SmokeReport(plan.seconds, len(plan.cards), taps, [], dict(checker.failures), silent)


@pytest.fixture(autouse=True)
def _set_up(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    set_up(monkeypatch, tmp_path)


def run(users: OneTapEach, *options: str) -> Result:
    dependencies = Dependencies(open_card=open_card, run_users=users)
    return CliRunner().invoke(app, ["smoke", "--users", "2", *options], obj=dependencies)


def test_right_answers_for_every_user_pass() -> None:
    users = OneTapEach(FakeFund(list(ANSWERS)))
    result = run(users, "--seconds", "5", "--json")
    assert result.exit_code == 0
    assert json.loads(result.stdout)["passed"] is True
    assert users.plans[0].seconds == 5
    assert [card.name for card in users.plans[0].cards] == ["ended", "valid"]


def test_one_wrong_answer_fails() -> None:
    result = run(OneTapEach(FakeFund([ANSWERS[0], {"validity": "4"}])))
    assert result.exit_code == 1
    assert "1 × validity-wrong" in result.stdout
    assert "no right answer: valid" in result.stdout


@pytest.mark.parametrize(
    ("variable", "value", "message"),
    [
        ("TERMINAL_FUND_URL", "http://fund.example", "loopback addresses only"),
        ("LOADTEST_PIN", "9999", "A card cannot be used: ended.json: pin-wrong"),
    ],
)
def test_an_invalid_setting_or_card_is_reported(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, message: str
) -> None:
    monkeypatch.setenv(variable, value)
    users = OneTapEach(FakeFund())
    result = run(users)
    assert (result.exit_code, users.plans) == (2, [])
    assert message in result.stderr


def test_every_user_needs_its_own_card() -> None:
    result = run(OneTapEach(FakeFund()), "--users", "3")
    assert result.exit_code == 2
    assert "2 cards for 3 users" in result.stderr


def test_a_missing_locust_is_reported_with_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "locust", None)
    monkeypatch.delitem(sys.modules, "loadtest.smoke.locust_users", raising=False)
    result = CliRunner().invoke(app, ["smoke", "--users", "1"], obj=Dependencies(open_card=open_card))
    assert result.exit_code == 2
    assert "scripts/setup demo" in result.stderr
