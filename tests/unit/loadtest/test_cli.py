"""`loadtest smoke` as it is typed, with a swarm that needs neither Locust nor a line."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from jpki_mock.card.in_process import open_card
from loadtest.cli import Dependencies, app
from loadtest.smoke.report import SmokeReport, Timing
from loadtest.smoke.run import Plan
from loadtest.smoke.tap import TapChecker, tap
from tests.unit.loadtest.builders import FakeFund, set_up

ANSWERS: list[dict[str, Any] | str] = [{"validity": "2"}, {"validity": "1"}]


@dataclass
class OneTapEach:
    """A swarm in which every user taps once, in order."""

    fund: FakeFund
    plans: list[Plan] = field(default_factory=list)

    def __call__(self, plan: Plan, checker: TapChecker) -> SmokeReport:
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


def run(swarm: OneTapEach, *options: str) -> Result:
    around = Dependencies(open_card=open_card, swarm=swarm)
    return CliRunner().invoke(app, ["smoke", "--users", "2", *options], obj=around)


def test_right_answers_to_every_user_are_a_success() -> None:
    swarm = OneTapEach(FakeFund(list(ANSWERS)))
    result = run(swarm, "--seconds", "5", "--json")
    assert result.exit_code == 0
    assert json.loads(result.stdout)["passed"] is True
    assert swarm.plans[0].seconds == 5
    assert [card.name for card in swarm.plans[0].cards] == ["ended", "valid"]


def test_one_wrong_answer_is_a_failure() -> None:
    result = run(OneTapEach(FakeFund([ANSWERS[0], {"validity": "4"}])))
    assert result.exit_code == 1
    assert "1 × validity-wrong" in result.stdout
    assert "no right answer: valid" in result.stdout


@pytest.mark.parametrize(
    ("variable", "value", "told"),
    [
        ("TERMINAL_FUND_URL", "http://fund.example", "loopback addresses only"),
        ("LOADTEST_PIN", "9999", "A card cannot take part: ended.json: pin-wrong"),
    ],
)
def test_what_keeps_it_from_beginning_is_told(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, told: str
) -> None:
    monkeypatch.setenv(variable, value)
    swarm = OneTapEach(FakeFund())
    result = run(swarm)
    assert (result.exit_code, swarm.plans) == (2, [])
    assert told in result.stderr


def test_every_user_needs_a_card_of_its_own() -> None:
    result = run(OneTapEach(FakeFund()), "--users", "3")
    assert result.exit_code == 2
    assert "2 cards for 3 users" in result.stderr


def test_without_locust_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "locust", None)
    monkeypatch.delitem(sys.modules, "loadtest.smoke.locust_users", raising=False)
    result = CliRunner().invoke(app, ["smoke", "--users", "1"], obj=Dependencies(open_card=open_card))
    assert result.exit_code == 2
    assert "scripts/setup demo" in result.stderr
