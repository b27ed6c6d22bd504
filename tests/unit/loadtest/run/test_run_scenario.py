"""A whole run with fake parts: where it may run, its order, faults, calibration, and the answers' check."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from loadtest.conductor.run_handle import LOCAL_COMMAND, RunResult
from loadtest.dataset.provision import DatasetSize
from loadtest.errors import LoadError
from loadtest.faults.fault import Expectation, Fault, always
from loadtest.faults.storm import STORM
from loadtest.generator.client_faults import ClientFault
from loadtest.machine.costs import API, DATABASE, GENERATOR, CpuReading, CpuUsage
from loadtest.report.report import RunReport
from loadtest.run import run as run_module
from loadtest.run.calibration import PROBE_PER_S, PROBE_SECONDS
from loadtest.run.run import RunOptions, run_scenario
from loadtest.scenario.answer_sample import SampledAnswer
from loadtest.scenario.levels import LEVELS
from loadtest.scenario.plan import Plan
from loadtest.scenario.run_stats import RunStats
from loadtest.scenario.visits import Outcome
from loadtest.sections import ReportSection, Text
from loadtest.target import TargetEnvironment
from tests.unit.loadtest.dataset.builders import terminal
from tests.unit.loadtest.generator.builders import visitors
from tests.unit.loadtest.scenario.builders import usage

BEGAN = datetime(2026, 11, 30, tzinfo=UTC)
SIZE = DatasetSize(people=300, cards=60, terminals=8)


@dataclass
class Laboratory:
    """Fake parts of a run, and what they were given."""

    url: str = "http://127.0.0.1:8400"
    assignments: list[Any] = field(default_factory=list)
    plans: list[Plan] = field(default_factory=list)
    commands: list[Sequence[str]] = field(default_factory=list)
    tasks: list[int] = field(default_factory=list)
    contexts: list[Any] = field(default_factory=list)
    progress: list[str] = field(default_factory=list)
    wrong: Counter[str] = field(default_factory=Counter)

    @contextmanager
    def target(self, folder: Path, *, workers: int) -> Iterator[TargetEnvironment]:
        yield TargetEnvironment({"TERMINAL_FUND_URL": self.url, "FUND_HOME": str(folder)}, None)

    def conductor(self, commands: Sequence[str], url: str, plan: Plan, assignments: list[Any]) -> Context:
        assert url == self.url
        self.plans.append(plan)
        self.commands.append(commands)
        self.assignments.append(assignments)
        return Context()

    async def run(self, _: object, target: object, dataset: object, tasks: Sequence[Any]) -> Any:
        self.tasks.append(len(tasks))
        stats = RunStats()
        for second in range(int(self.assignments[-1][0].plan.seconds)):
            stats.check_began(second)
            stats.check_ended(second, 0.02, answered=True)
        stats.histories_wrong["medications: an entry is missing"] = 1
        context = SimpleNamespace(began=100.0, started_at=BEGAN)
        sampled = [SampledAnswer(cast(Any, None), Outcome(200, b"{}"), 0.0, 0.1)]
        return context, RunResult(stats, cast(Any, sampled), [usage(3.0), usage(4.0)])

    def checker(self, _: object, began: datetime) -> Any:
        assert began == BEGAN
        return SimpleNamespace(count_wrong=lambda sampled: Counter(self.wrong))


class Context:
    """A conductor or a monitor."""

    roles: dict[int, str] = {}  # noqa: RUF012

    def __init__(self, *_: object) -> None:
        pass

    def since(self, began: float) -> None:
        assert began == 100.0

    async def __aenter__(self) -> Context:
        return self

    async def __aexit__(self, *_: object) -> None:
        pass


class Injection:
    """A fault's injection, of which only the evaluation matters here."""

    client_faults = (ClientFault(20.0, 40.0, blocked_prefix="/v1/token"),)

    def __init__(self, fault: Fault, context: Any) -> None:
        self.fault, self.context = fault, context

    async def run(self, _: object) -> None:
        raise AssertionError

    async def section(self, series: object, seconds: float, answers: Sequence[bytes]) -> Any:
        assert list(answers) == [b"{}"]
        return ReportSection("fault", Text(self.fault.name, self.fault.name), (), {"seconds": seconds})


@pytest.fixture
def laboratory(monkeypatch: pytest.MonkeyPatch) -> Laboratory:
    made = Laboratory()
    population = visitors(4)
    dataset = SimpleNamespace(terminals=[terminal()], visitors=population, answer_index=None)
    for name, value in {
        "open_target": made.target,
        "provision": lambda *_: dataset,
        "Conductor": made.conductor,
        "Monitor": Context,
        "run_generators": made.run,
        "AnswerChecker": made.checker,
        "Injection": Injection,
        "memory_mib": lambda _: {API: 200.0, DATABASE: 300.0, GENERATOR: 1.0},
    }.items():
        monkeypatch.setattr(run_module, name, value)
    readings = iter(
        [CpuReading(at, {API: at / 2, DATABASE: at / 4, GENERATOR: 9.0}) for at in range(0, 1000, 10)]
    )
    monkeypatch.setattr(CpuReading, "now", lambda _: next(readings))
    return made


def run(laboratory: Laboratory, level: str = "L0", seconds: float = 60.0, **options: Any) -> RunReport:
    return run_scenario(
        Plan(LEVELS[level], seconds, 1.0, 1),
        SIZE,
        workers=2,
        folder=Path("nowhere"),
        progress=laboratory.progress.append,
        options=RunOptions(**options) if options else None,
    )


@pytest.mark.parametrize(
    "url", ["http://192.0.2.1:8400", "https://fund.example", "http://localhost.fund.example"]
)
def test_load_goes_to_no_other_machine(laboratory: Laboratory, url: str) -> None:
    laboratory.url = url
    with pytest.raises(LoadError, match="loopback addresses only"):
        run(laboratory)
    assert laboratory.assignments == []


def test_a_run_without_a_fault_has_no_section(laboratory: Laboratory) -> None:
    report = run(laboratory)
    assert (list(report.sections), report.stats.offered) == ([], 60)
    assert report.size == {"people": 300, "cards": 60, "terminals": 1}
    assert laboratory.progress == [
        "opening the target", "L0 for 60 s: 316 checks/s", "comparing 1 answers with the reference model",
    ]  # fmt: skip


def test_the_generators_memory_and_processor_time_are_their_own(laboratory: Laboratory) -> None:
    report = run(laboratory)
    assert report.memory == {API: 200.0, DATABASE: 300.0, GENERATOR: 120.0}
    assert report.cpu == CpuUsage(10.0, {API: 5.0, DATABASE: 2.5, GENERATOR: 7.0})


def test_wrong_answers_and_wrong_histories_are_counted_together(laboratory: Laboratory) -> None:
    laboratory.wrong = Counter(validity=2)
    assert run(laboratory).wrong == {"validity": 2, "medications: an entry is missing": 1}


@pytest.mark.parametrize(
    ("given", "started"),
    [
        (None, [LOCAL_COMMAND]),
        (["ssh one {port}", "ssh two {port}"], ["ssh one {port}", "ssh two {port}"]),
    ],
)
def test_generators_are_those_given_or_as_many_as_the_plan_needs(
    laboratory: Laboratory, given: list[str] | None, started: list[str]
) -> None:
    run(laboratory, generators=given)
    [commands] = laboratory.commands
    assert list(commands) == started
    assert len(laboratory.assignments[0]) == len(started)


def test_a_fault_is_injected_into_the_run_and_has_a_section(laboratory: Laboratory) -> None:
    fault = Fault("made-up", Text("試験", "made up"), always(Expectation(Text("試験", "No effect."))))
    report = run(laboratory, fault=fault)
    [section] = report.sections
    assert (section.title.en, section.figures) == ("made-up", {"seconds": 60.0})
    [assignments] = laboratory.assignments
    assert list(assignments[0].client_faults) == list(Injection.client_faults)
    assert laboratory.tasks == [2]  # the progress and the injection


@pytest.mark.parametrize(("fault", "name"), [(None, "storm"), (replace(STORM, name="another"), "another")])
def test_a_storm_restarts_the_api_unless_another_fault_is_chosen(
    laboratory: Laboratory, fault: Fault | None, name: str
) -> None:
    [section] = run(laboratory, "storm", fault=fault).sections
    assert section.title.en == name


def test_a_day_is_calibrated_by_a_probe_without_faults(laboratory: Laboratory) -> None:
    laboratory_fault = ClientFault(1.0, 2.0)
    report = run(laboratory, "day", 240.0, calibrate=True, client_faults=[laboratory_fault])
    probe, day = laboratory.assignments
    assert (probe[0].plan.checks_per_s, probe[0].plan.seconds) == (PROBE_PER_S, PROBE_SECONDS)
    assert probe[0].client_faults == []
    assert list(day[0].client_faults) == [laboratory_fault]
    assert sum(one.plan.scale for one in day) == pytest.approx(report.plan.scale)
    [section] = report.sections
    assert section.name == "day"
    assert section.figures["calibrated_scale"] == report.plan.scale
    assert "measuring the cost of a check" in laboratory.progress


def test_a_day_with_a_given_scale_has_no_probe(laboratory: Laboratory) -> None:
    [section] = run(laboratory, "day", 240.0, calibrate=False).sections
    assert len(laboratory.assignments) == 1
    assert "calibrated_scale" not in section.figures


@pytest.mark.parametrize("level", ["L0", "storm", "batch-night"])
def test_only_a_day_is_calibrated(laboratory: Laboratory, level: str) -> None:
    run(laboratory, level, calibrate=True)
    assert len(laboratory.assignments) == 1


def test_the_progress_of_a_run_is_reported_when_there_is_any(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_module, "_PROGRESS_SECONDS", 0.0)
    summaries = iter(["", "1 s: 316 checks offered", "", "2 s: 632 checks offered"])
    reported: list[str] = []

    def summary() -> str:
        return next(summaries)

    async def work(report: Callable[..., Any]) -> None:
        context = SimpleNamespace(conductor=SimpleNamespace(summary=summary))
        with pytest.raises(RuntimeError, match="StopIteration"):
            await report(cast(Any, context), reported.append)

    asyncio.run(work(run_module._report_progress))
    assert reported == ["1 s: 316 checks offered", "2 s: 632 checks offered"]
