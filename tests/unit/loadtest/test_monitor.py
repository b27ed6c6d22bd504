"""The monitor of a run: samples from the start on, with the roles of this environment."""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pytest

from loadtest import monitor as monitor_module
from loadtest.machine.sampling import Sample
from loadtest.monitor import Monitor
from loadtest.target import TargetEnvironment

ENVIRONMENT = {
    "TERMINAL_FUND_URL": "http://127.0.0.1:8400",
    "FUND_HOME": "/var/fund",
    "FUND_JLIS_URL": "http://127.0.0.1:8410",
}


class FakeDatabase:
    """Records when it is entered and left."""

    def __init__(self, steps: list[str]) -> None:
        self._steps = steps

    async def __aenter__(self) -> Self:
        self._steps.append("database before")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._steps.append("database after")


class FakeSampler:
    """A sample per call, one second apart."""

    def __init__(self, find_roles: Any) -> None:
        self.find_roles = find_roles
        self.samples: list[Sample] = []

    def sample(self) -> None:
        self.samples.append(Sample(100.0 + len(self.samples), {}, 0.0, 0.0))


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    made: list[str] = []
    monkeypatch.setattr(monitor_module, "DatabaseMonitor", lambda _: FakeDatabase(made))
    monkeypatch.setattr(monitor_module, "Sampler", FakeSampler)
    monkeypatch.setattr(monitor_module, "_INTERVAL_SECONDS", 0.0)
    return made


def test_the_database_is_read_around_all_samples(steps: list[str]) -> None:
    async def run() -> Monitor:
        async with Monitor(TargetEnvironment(ENVIRONMENT, None)) as monitor:
            while len(monitor.since(0.0).samples) < 3:
                await asyncio.sleep(0)
            steps.append("run")
        return monitor

    monitor = asyncio.run(run())
    assert steps == ["database before", "run", "database after"]
    count = len(monitor.since(0.0).samples)
    assert count >= 3
    assert len(monitor.since(0.0).samples) == count  # nothing is sampled after the block


@pytest.mark.parametrize(("began", "first"), [(0.0, 100.0), (99.9, 100.0), (100.0, 101.0), (101.5, 102.0)])
def test_samples_before_the_start_of_the_run_are_left_out(
    steps: list[str], began: float, first: float
) -> None:
    async def run() -> Monitor:
        async with Monitor(TargetEnvironment(ENVIRONMENT, None)) as monitor:
            while len(monitor.since(0.0).samples) < 4:
                await asyncio.sleep(0)
        return monitor

    observations = asyncio.run(run()).since(began)
    assert observations.began == began
    assert observations.samples[0].at == first


def test_a_failure_in_the_run_is_raised_after_the_database_was_read(steps: list[str]) -> None:
    async def run() -> None:
        async with Monitor(TargetEnvironment(ENVIRONMENT, None)):
            raise ValueError("the run failed")

    with pytest.raises(ValueError, match="the run failed"):
        asyncio.run(run())
    assert steps == ["database before", "database after"]


@pytest.mark.parametrize("external", [None, "postgresql://api@127.0.0.1:5433/fund"])
def test_processes_are_those_of_the_environment(steps: list[str], external: str | None) -> None:
    environment = ENVIRONMENT | ({"FUND_DATABASE_URL": external} if external else {})
    monitor = Monitor(TargetEnvironment(environment, None), lambda: {50: "generator"})
    roles = monitor._sampler.find_roles.__self__  # type: ignore[attr-defined]
    assert (roles.fund_url, roles.fund_home) == ("http://127.0.0.1:8400", Path("/var/fund"))
    assert (roles.database_url, roles.jlis_url) == (external, "http://127.0.0.1:8410")
    assert roles.helpers() == {50: "generator"}
