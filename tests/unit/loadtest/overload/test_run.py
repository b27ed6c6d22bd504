"""The search for the capacity, and the curve up to four times of it, with a fake target."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from rich.console import Console

from loadtest.dataset.provision import DatasetSize
from loadtest.errors import LoadError
from loadtest.machine.sampling import Sample, Usage
from loadtest.overload import run as module
from loadtest.overload.curve import RECOVERY_SECONDS, TIMES
from loadtest.overload.presenter import EXPECTATIONS, show
from loadtest.overload.run import FIRST_PER_S, SEARCH_TIMES, OverloadReport, run_overload
from loadtest.run import run as scenario_run
from loadtest.scenario.plan import Plan
from loadtest.scenario.run_stats import RunStats
from loadtest.target import TargetEnvironment

pytestmark = pytest.mark.slow

CAPACITY = 300.0
SECONDS = 10


@dataclass
class Target:
    """A target that completes its capacity and refuses the rest; it answers nothing at a capacity of 0."""

    capacity: float = CAPACITY
    url: str = "http://127.0.0.1:8400"
    others: float = 0.0
    wrong: Counter[str] = field(default_factory=Counter)
    plans: list[Plan] = field(default_factory=list)

    @contextmanager
    def open(self, folder: Path, *, workers: int) -> Iterator[TargetEnvironment]:
        yield TargetEnvironment({"TERMINAL_FUND_URL": self.url, "FUND_HOME": str(folder)}, None)

    async def run(self, plan: Plan, *_: object) -> Any:
        self.plans.append(plan)
        stats, now = RunStats(), 0
        for period in plan.steady:
            for _second in range(round(period.seconds)):
                for check in range(round(period.per_second)):
                    answered = check < self.capacity
                    stats.check_began(now)
                    stats.check_ended(now, 0.02, answered=answered)
                    stats.request("number" if answered else "refused", 0.02, now + 0.5, refused=not answered)
                    if not answered:
                        stats.error("overloaded", now)
                now += 1
        context = SimpleNamespace(began=100.0, started_at=datetime(2026, 11, 30, tzinfo=UTC))
        samples = [
            Sample(
                100.0 + second, {"api 1": Usage(1.0, 0.0), "database": Usage(0.5, 0.0)}, 0.0, 0.0, self.others
            )
            for second in range(now)
        ]
        observations = SimpleNamespace(began=100.0, samples=samples)
        return context, SimpleNamespace(stats=stats, sampled=[object()] * 7), None, observations


@pytest.fixture
def target(monkeypatch: pytest.MonkeyPatch) -> Target:
    made = Target()
    dataset = SimpleNamespace(terminals=[object()] * 12, answer_index=None)
    monkeypatch.setattr(scenario_run, "open_target", made.open)
    monkeypatch.setattr(scenario_run, "provision", lambda *_: dataset)
    monkeypatch.setattr(module, "run_load", made.run)
    monkeypatch.setattr(
        module, "AnswerChecker", lambda *_: SimpleNamespace(count_wrong=lambda *_: Counter(made.wrong))
    )
    return made


def measured(tmp_path: Path, capacity: float | None = None, seconds: int = SECONDS) -> OverloadReport:
    return run_overload(
        DatasetSize(1_000, 300, 10),
        step_seconds=seconds,
        capacity=capacity,
        workers=1,
        seed=3,
        folder=tmp_path,
        progress=lambda _: None,
    )


def test_the_capacity_is_searched_for_with_rates_that_double(target: Target, tmp_path: Path) -> None:
    report = measured(tmp_path)
    search, _ = target.plans
    assert [period.per_second for period in search.steady] == [FIRST_PER_S * times for times in SEARCH_TIMES]
    assert report.capacity_per_s == CAPACITY


def test_a_given_capacity_is_not_searched_for(target: Target, tmp_path: Path) -> None:
    report = measured(tmp_path, 250.0)
    assert len(target.plans) == 1
    assert report.capacity_per_s == 250.0


@pytest.mark.parametrize("seconds", [2, 3, 10, 60])
def test_the_curve_goes_to_four_times_and_then_rests(target: Target, tmp_path: Path, seconds: int) -> None:
    measured(tmp_path, CAPACITY, seconds)
    [plan] = target.plans
    rates = [period.per_second / CAPACITY for period in plan.steady]
    assert rates[: len(TIMES)] == list(TIMES)
    assert set(rates[len(TIMES) :]) == {0.5}
    assert (len(rates) - len(TIMES)) * seconds > RECOVERY_SECONDS
    assert plan.seconds == seconds * len(rates)


def test_a_target_that_holds_its_capacity_passes(target: Target, tmp_path: Path) -> None:
    report = measured(tmp_path)
    assert report.passed
    assert report.curve.peak.goodput_per_s == CAPACITY
    printed = report.as_json()
    assert printed["passed"] is True
    assert (printed["wrong_answers"], printed["compared_answers"]) == (0, 7)
    assert printed["size"] == {"people": 1_000, "cards": 300, "terminals": 12}


def test_a_wrong_answer_fails_the_run(target: Target, tmp_path: Path) -> None:
    target.wrong["validity"] = 2
    report = measured(tmp_path, CAPACITY)
    assert report.curve.met
    assert not report.passed
    assert report.as_json()["wrong_by_fault"] == {"validity": 2}


def test_a_target_that_answers_nothing_has_no_capacity(target: Target, tmp_path: Path) -> None:
    target.capacity = 0
    with pytest.raises(LoadError, match="no check was answered"):
        measured(tmp_path)


def test_load_goes_to_this_machine_only(target: Target, tmp_path: Path) -> None:
    target.url = "https://fund.example"
    with pytest.raises(LoadError, match="loopback"):
        measured(tmp_path)
    assert target.plans == []


def shown(report: OverloadReport) -> str:
    console = Console(file=StringIO(), width=160)
    show(console, report)
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


def test_the_curve_and_each_expectation_are_shown(target: Target, tmp_path: Path) -> None:
    text = shown(measured(tmp_path, CAPACITY))
    assert all(f"× {times:g}" in text for times in TIMES)
    assert all(f"✓ {expectation.ja}" in text for expectation in EXPECTATIONS.values())
    assert "✗" not in text
    assert "repeat the run" not in text


def test_what_is_not_as_expected_and_other_work_are_shown(target: Target, tmp_path: Path) -> None:
    target.others = 0.4
    target.wrong["validity"] = 2
    report = measured(tmp_path, CAPACITY)
    for second in report.curve.recovered.stats, report.curve.steps[0].stats:
        second.errors["network: timeout"] = 3
    text = shown(report)
    assert f"✗ {EXPECTATIONS['no_other_error'].ja}" in text
    assert f"✗ {EXPECTATIONS['in_order_again'].ja}" in text
    assert "3 × network: timeout at 0.25" in text
    assert "2 wrong: validity" in text
    assert "Other work kept 0.4 cores busy: repeat the run before you quote its figures." in text


def test_every_expectation_has_its_sentence(target: Target, tmp_path: Path) -> None:
    assert EXPECTATIONS.keys() == measured(tmp_path, CAPACITY).curve.expectations.keys()
