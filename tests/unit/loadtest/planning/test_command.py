"""`loadtest plan` as it is typed: one object, one sentence where nothing may be planned, and the exit codes."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from typer.testing import CliRunner, Result

from loadtest.cli import TargetEnvironment, app
from loadtest.dataset.provision import DatasetSize
from loadtest.planning import run
from loadtest.planning.report import PlanReport
from loadtest.target import LoadError
from tests.unit.loadtest.planning.test_report import REPORT


@pytest.fixture
def plan(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    monkeypatch.setattr("loadtest.planning.command.end_like_ctrl_c", lambda: None)

    def invoke(outcome: PlanReport | Exception, *options: str) -> Result:
        def measured(size: DatasetSize, **_: object) -> PlanReport:
            if isinstance(outcome, Exception):
                raise outcome
            return replace(outcome, size={"people": size.people, "cards": size.cards})

        monkeypatch.setattr(run, "run_plan", measured)
        return CliRunner().invoke(app, ["plan", *options], obj=TargetEnvironment())

    return invoke


def test_one_object_is_printed_with_the_circumstances(plan: Callable[..., Result]) -> None:
    result = plan(REPORT, "--json", "--people", "300", "--cards", "400")
    told = json.loads(result.stdout)
    assert (result.exit_code, told["passed"]) == (0, True)
    assert told["size"] == {"people": 300, "cards": 300}
    assert told["circumstances"]["cores"] >= 1


def test_costs_that_do_not_foretell_end_with_one_and_a_sentence(plan: Callable[..., Result]) -> None:
    result = plan(replace(REPORT, wrong={"validity": 1}), "--json")
    assert result.exit_code == 1
    assert "nothing may be planned" in result.stderr
    assert json.loads(result.stdout)["passed"] is False


def test_what_could_not_be_measured_ends_with_three(plan: Callable[..., Result]) -> None:
    result = plan(LoadError("nobody could consent"))
    assert (result.exit_code, result.stdout) == (3, "")
    assert "nobody could consent" in result.stderr
