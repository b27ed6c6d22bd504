"""What a plan tells: programs get every figure with its arithmetic, people the same in words."""

from __future__ import annotations

import json
from dataclasses import replace
from io import StringIO
from itertools import chain
from typing import Any

import pytest
from rich.console import Console

from loadtest.planning.arithmetic import Line
from loadtest.planning.costs import API, Taken
from loadtest.planning.demand import demands
from loadtest.planning.presenter import show
from loadtest.planning.report import PlanReport
from tests.unit.loadtest.planning.builders import COSTS, HOUSE
from tests.unit.loadtest.planning.by_hand import is_right

MIX = {"number": 1000, "challenge": 500, "card": 500, "consent challenge": 500, "consent": 500}
SECOND = Taken(20.0, MIX, COSTS.predict(20.0, MIX))
REPORT = PlanReport(
    COSTS, SECOND, HOUSE, {"number": 300.0, "second point": 80.0}, 1000, {}, {"people": 300, "cards": 60}
)


def written(report: PlanReport = REPORT) -> dict[str, Any]:
    told = json.loads(json.dumps(report.as_json(), ensure_ascii=False))
    assert isinstance(told, dict)
    return told


def printed(report: PlanReport = REPORT) -> str:
    console = Console(file=StringIO(), width=100_000)
    show(console, report)
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


def lines(told: dict[str, Any]) -> list[Line]:
    arithmetic = [level["arithmetic"] for level in told["levels"].values()]
    arithmetic += [kept["arithmetic"] for kept in told["five_years"].values()]
    return [Line(**line) for line in chain(*arithmetic, told["storage"])]


def test_every_level_is_told_with_what_it_needs() -> None:
    levels = written()["levels"]
    assert [*levels] == [demand.name for demand in demands(300.0)]
    needed = {
        "cores",
        "api_workers",
        "memory_gib",
        "connections",
        "network_in_mbit_s",
        "network_out_mbit_s",
        "stored_gb",
    }
    assert all(needed <= level.keys() and level["cores"] >= 1 for level in levels.values())
    assert levels["L3"]["cores"] > levels["L1"]["cores"] > levels["L0"]["cores"]
    assert levels["storm"]["cores"] > levels["L1"]["cores"]
    same = ("cores", "memory_gib", "connections")
    assert [levels["month-start"][name] for name in same] == [levels["L2"][name] for name in same]


def test_every_figure_that_is_told_can_be_worked_out_by_hand_from_its_own_words() -> None:
    told = lines(written())
    assert len(told) > 100
    assert [line.what for line in told if not is_right(line)] == []


def test_people_are_shown_every_step_too() -> None:
    shown = printed()
    assert [line.what for line in lines(written()) if line.sentence not in shown] == []
    assert "max_connections is 88: it has to be" in shown
    assert REPORT.verdict in shown


def test_what_is_not_in_a_plan_is_told() -> None:
    shown = printed()
    assert all(sentence in shown for sentence in written()["left_out"])


def test_costs_are_told_in_microseconds_and_bytes() -> None:
    told = written()
    assert told["costs"]["number"] == {
        "api_us": 1000.0, "database_us": 500.0, "busy_us": 2000.0, "up_bytes": 500.0, "down_bytes": 1000.0,
        "wal_bytes": 1000.0, "stored audit_record": 500.0,
    }  # fmt: skip
    assert told["idle_per_s"] == {"api_us": 10_000.0, "database_us": 20_000.0, "beside_us": 30_000.0}


def test_a_second_point_that_was_foretold_is_a_success_and_its_error_is_told() -> None:
    told = written()
    assert (told["passed"], told["wrong_answers"]) == (True, 0)
    assert told["second_point"]["processors"]["error"] == 0
    assert told["second_point"]["bound"] == 0.2


def test_a_second_point_that_was_not_foretold_is_a_failure() -> None:
    dearer = replace(SECOND, amounts={**SECOND.amounts, API: SECOND.amounts[API] * 2})
    report = replace(REPORT, second=dearer)
    assert not written(report)["passed"]
    assert "did not foretell" in printed(report)


def test_a_wrong_answer_is_a_failure_whatever_was_foretold() -> None:
    report = replace(REPORT, wrong={"validity": 2})
    assert (report.passed, written(report)["wrong_answers"]) == (False, 2)
    assert "2 of 1000 compared answers were wrong" in report.verdict


@pytest.mark.parametrize("word", ["audit_record", "consent_evidence"])
def test_five_years_are_told_by_table_and_for_two_shares(word: str) -> None:
    kept = written()["five_years"]
    assert [*kept] == ["today's share by card", "the share of 2027"]
    for years in kept.values():
        assert years["terabytes"] > 0
        assert any(line["what"] == f"{word} in five years" for line in years["arithmetic"])
