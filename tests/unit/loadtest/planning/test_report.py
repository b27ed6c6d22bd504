"""The report of a plan: every figure with its arithmetic, as JSON and on the console."""

from __future__ import annotations

import json
from dataclasses import replace
from io import StringIO
from itertools import chain
from typing import Any

import pytest
from rich.console import Console

from loadtest.planning.arithmetic import Step
from loadtest.planning.costs import API
from loadtest.planning.demand import demands
from loadtest.planning.presenter import show
from loadtest.planning.report import PlanReport
from tests.unit.loadtest.planning.builders import REPORT, VALIDATION
from tests.unit.loadtest.planning.by_hand import is_right


def as_json(report: PlanReport = REPORT) -> dict[str, Any]:
    parsed = json.loads(json.dumps(report.as_json(), ensure_ascii=False))
    assert isinstance(parsed, dict)
    return parsed


def printed(report: PlanReport = REPORT) -> str:
    console = Console(file=StringIO(), width=100_000)
    show(console, report)
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


def all_steps(plan: dict[str, Any]) -> list[Step]:
    arithmetic = [level["arithmetic"] for level in plan["levels"].values()]
    arithmetic += [data["arithmetic"] for data in plan["five_years"].values()]
    return [Step(**step) for step in chain(*arithmetic, plan["storage"])]


def test_every_level_has_its_requirements() -> None:
    levels = as_json()["levels"]
    assert [*levels] == [demand.name for demand in demands(300.0)]
    required = {
        "cores",
        "api_workers",
        "memory_gib",
        "connections",
        "network_in_mbit_s",
        "network_out_mbit_s",
        "stored_gb",
    }
    assert all(required <= level.keys() and level["cores"] >= 1 for level in levels.values())
    assert levels["L3"]["cores"] > levels["L1"]["cores"] > levels["L0"]["cores"]
    assert levels["storm"]["cores"] > levels["L1"]["cores"]
    same = ("cores", "memory_gib", "connections")
    assert [levels["month-start"][name] for name in same] == [levels["L2"][name] for name in same]


def test_every_step_of_the_json_evaluates_to_its_value() -> None:
    steps = all_steps(as_json())
    assert len(steps) > 100
    assert [step.label for step in steps if not is_right(step)] == []


def test_every_step_is_printed_too() -> None:
    text = printed()
    assert [step.label for step in all_steps(as_json()) if step.sentence not in text] == []
    assert "max_connections is 88: it must be" in text
    assert REPORT.verdict.ja in text
    assert REPORT.verdict.en in text


def test_what_a_plan_does_not_include_is_printed() -> None:
    text, sentences = printed(), as_json()["not_included"]
    assert sentences
    assert all(sentence in text for sentence in sentences)


def test_costs_are_reported_in_microseconds_and_bytes() -> None:
    plan = as_json()
    assert plan["costs"]["number"] == {
        "api_us": 1000.0, "database_us": 500.0, "busy_us": 2000.0, "up_bytes": 500.0, "down_bytes": 1000.0,
        "wal_bytes": 1000.0, "stored audit_record": 500.0,
    }  # fmt: skip
    assert plan["idle_per_s"] == {"api_us": 10_000.0, "database_us": 20_000.0, "background_us": 30_000.0}


def test_a_predicted_validation_passes_and_its_error_is_reported() -> None:
    plan = as_json()
    assert (plan["passed"], plan["wrong_answers"]) == (True, 0)
    assert plan["validation"]["processors"]["error"] == 0
    assert plan["validation"]["max_error"] == 0.2


def test_a_validation_that_was_not_predicted_fails() -> None:
    expensive = replace(VALIDATION, amounts={**VALIDATION.amounts, API: VALIDATION.amounts[API] * 2})
    report = replace(REPORT, validation=expensive)
    assert not as_json(report)["passed"]
    assert "did not predict" in printed(report)


def test_a_wrong_answer_fails_whatever_was_predicted() -> None:
    report = replace(REPORT, wrong={"validity": 2})
    assert (report.passed, as_json(report)["wrong_answers"]) == (False, 2)
    assert "2 of 1000 compared answers were wrong" in report.verdict.en


@pytest.mark.parametrize("table", ["audit_record", "consent_evidence"])
def test_five_years_are_reported_by_table_and_for_two_shares(table: str) -> None:
    retained = as_json()["five_years"]
    assert [*retained] == ["today's share by card", "the share of 2027"]
    for years in retained.values():
        assert years["terabytes"] > 0
        assert any(step["label"] == f"{table} in five years" for step in years["arithmetic"])
