"""`loadtest plan` from the command line: JSON, the verdict on stderr, and the exit codes."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from typer.testing import CliRunner, Result

from loadtest.cli import app
from loadtest.dataset.provision import DatasetSize
from loadtest.errors import LoadError
from loadtest.planning import run
from loadtest.planning.report import PlanReport
from tests.unit.loadtest.planning.builders import REPORT


@pytest.fixture
def plan(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    monkeypatch.setattr("loadtest.planning.command.exit_on_sigterm", lambda: None)

    def invoke(outcome: PlanReport | Exception, *options: str) -> Result:
        def measured(size: DatasetSize, **_: object) -> PlanReport:
            if isinstance(outcome, Exception):
                raise outcome
            return replace(outcome, size={"people": size.people, "cards": size.cards})

        monkeypatch.setattr(run, "run_plan", measured)
        return CliRunner().invoke(app, ["plan", *options])

    return invoke


def test_one_json_object_is_printed_with_the_host_information(plan: Callable[..., Result]) -> None:
    result = plan(REPORT, "--json", "--people", "300", "--cards", "400")
    printed = json.loads(result.stdout)
    assert (result.exit_code, printed["passed"]) == (0, True)
    assert printed["size"] == {"people": 300, "cards": 300}
    assert printed["host_info"]["cores"] >= 1


def test_a_plan_that_must_not_be_used_exits_with_1_and_the_verdict(plan: Callable[..., Result]) -> None:
    result = plan(replace(REPORT, wrong={"validity": 1}), "--json")
    assert result.exit_code == 1
    assert "must not be used" in result.stderr
    assert json.loads(result.stdout)["passed"] is False


def test_a_failed_measurement_exits_with_3(plan: Callable[..., Result]) -> None:
    result = plan(LoadError("too few patients"))
    assert (result.exit_code, result.stdout) == (3, "")
    assert "too few patients" in result.stderr
