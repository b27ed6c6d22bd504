"""The run of a plan: where it may run, what is compared, and what ends it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import asyncpg
import pytest

from loadtest.dataset.provision import DatasetSize
from loadtest.errors import LoadError
from loadtest.planning import run as run_module
from loadtest.planning.report import PlanReport
from loadtest.planning.run import run_plan
from loadtest.target import TargetEnvironment
from tests.unit.loadtest.dataset.builders import terminal
from tests.unit.loadtest.planning.builders import COSTS, DEPLOYMENT, VALIDATION

BEGAN = datetime(2026, 11, 30, tzinfo=UTC)


class Measured:
    """A measurement with three sampled answers, or one that fails."""

    error: Exception | None = None

    def __init__(
        self, dataset: Any, _: object, __: object, *, seconds: float, seed: int, progress: Any
    ) -> None:
        self.options = (seconds, seed)
        assert dataset.terminals

    async def measure(self) -> Any:
        if self.error is not None:
            raise self.error
        return SimpleNamespace(
            costs=COSTS, validation=VALIDATION, rates={"number": 300.0}, token_seconds=300.0, sampled=[1, 2, 3],
            validation_began_at=BEGAN,
        )  # fmt: skip


class Context:
    """A pool or a meter."""

    def __init__(self, *_: object, **__: object) -> None:
        pass

    async def __aenter__(self) -> Context:
        return self

    async def __aexit__(self, *_: object) -> None:
        pass


@pytest.fixture
def fund_url(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The fund's URL, and everything that a run needs."""
    url = ["http://127.0.0.1:8400"]

    @contextmanager
    def opened(folder: Path, *, workers: int) -> Iterator[TargetEnvironment]:
        yield TargetEnvironment({"TERMINAL_FUND_URL": url[0], "FUND_HOME": str(folder)}, None)

    async def deployment(*_: object) -> object:
        return DEPLOYMENT

    monkeypatch.setattr(run_module, "open_target", opened)
    dataset = SimpleNamespace(terminals=[terminal()], answer_index=None)
    monkeypatch.setattr(run_module, "provision", lambda *_: dataset)
    monkeypatch.setattr(run_module, "Measurement", Measured)
    monkeypatch.setattr(run_module, "MeteredConnectionPool", Context)
    monkeypatch.setattr(run_module, "Meter", Context)
    monkeypatch.setattr(run_module, "inspect_deployment", deployment)
    monkeypatch.setattr(Measured, "error", None)
    wrong = Counter(validity=1)
    checker = SimpleNamespace(count_wrong=lambda sampled: wrong if len(sampled) == 3 else Counter())
    monkeypatch.setattr(run_module, "AnswerChecker", lambda _, began: checker if began == BEGAN else None)
    return url


def planned(progress: list[str] | None = None) -> PlanReport:
    steps = [] if progress is None else progress
    size = DatasetSize(people=300, cards=60, terminals=8)
    return run_plan(size, seconds=10.0, seed=1, workers=2, folder=Path("nowhere"), progress=steps.append)


def test_the_report_has_the_costs_the_deployment_and_the_wrong_answers(fund_url: list[str]) -> None:
    progress: list[str] = []
    report = planned(progress)
    assert (report.costs, report.deployment, report.validation) == (COSTS, DEPLOYMENT, VALIDATION)
    assert (report.compared, report.wrong, report.passed) == (3, {"validity": 1}, False)
    assert report.size == {"people": 300, "cards": 60, "terminals": 1}
    assert progress == ["a stack to measure", "comparing 3 answers with the reference model"]


@pytest.mark.parametrize(
    "url",
    [
        "http://192.0.2.1:8400",
        "https://fund.example",
        "http://[2001:db8::1]:8400",
        "http://localhost.fund.example:1",
    ],
)
def test_no_other_machine_is_measured(fund_url: list[str], url: str) -> None:
    fund_url[0] = url
    with pytest.raises(LoadError, match="loopback addresses only"):
        planned()


@pytest.mark.parametrize("url", ["http://127.0.0.1:8400", "http://127.0.0.2:1", "http://[::1]:8400"])
def test_this_machine_has_several_names(fund_url: list[str], url: str) -> None:
    fund_url[0] = url
    assert planned().compared == 3


@pytest.mark.parametrize("error", [asyncpg.PostgresError("no rights"), asyncpg.InterfaceError("lost")])
def test_a_database_that_cannot_be_read_ends_the_plan_with_its_reason(
    fund_url: list[str], monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    monkeypatch.setattr(Measured, "error", error)
    with pytest.raises(LoadError, match=f"could not be read: {error}"):
        planned()


def test_a_measurement_s_own_failure_is_not_changed(
    fund_url: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Measured, "error", LoadError("a request failed during the warm-up: overloaded"))
    with pytest.raises(LoadError, match=r"^a request failed during the warm-up"):
        planned()
