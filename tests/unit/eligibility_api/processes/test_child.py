"""A background process is started once, again after its death, and ends within its time."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable
from typing import Any, ClassVar

import pytest
from structlog.testing import capture_logs

from eligibility_api.processes.child import ChildProcess, run_until_signalled


class FakeProcess:
    """A process of multiprocessing; `obeys`: whether it ends when it is terminated."""

    started: ClassVar[list[FakeProcess]] = []
    obeys = True

    def __init__(self, *, target: Callable[[], None], name: str, daemon: bool) -> None:
        self.target, self.name, self.daemon = target, name, daemon
        self.alive = False
        self.received: list[str] = []

    def start(self) -> None:
        self.alive = True
        self.started.append(self)

    def is_alive(self) -> bool:
        return self.alive

    def terminate(self) -> None:
        self.received.append("terminate")
        self.alive = self.alive and not self.obeys

    def kill(self) -> None:
        self.received.append("kill")
        self.alive = False

    def join(self, timeout: float | None = None) -> None:
        self.received.append(f"join {timeout}")


class FakeContext:
    Process = FakeProcess


@pytest.fixture
def processes(monkeypatch: pytest.MonkeyPatch) -> list[FakeProcess]:
    """The processes that were started, instead of real ones."""
    monkeypatch.setattr(FakeProcess, "started", [])
    monkeypatch.setattr(FakeProcess, "obeys", True)
    monkeypatch.setattr("eligibility_api.processes.child.FORKS", FakeContext)
    return FakeProcess.started


def work() -> None:
    """What a background process would do."""


def test_a_process_is_started_once_while_it_runs(processes: list[FakeProcess]) -> None:
    child = ChildProcess("scheduler", work)
    assert [child.ensure_running() for _ in range(3)] == [True, False, False]
    [process] = processes
    assert (process.name, process.target, process.daemon) == ("scheduler", work, True)


def test_a_process_that_died_is_started_again(processes: list[FakeProcess]) -> None:
    child = ChildProcess("jobs", work)
    child.ensure_running()
    processes[0].alive = False
    assert child.ensure_running()
    assert [process.alive for process in processes] == [False, True]


def test_a_process_that_was_never_started_needs_no_stop(processes: list[FakeProcess]) -> None:
    ChildProcess("jobs", work).stop()
    assert processes == []


def test_a_process_that_ends_in_time_is_not_killed(processes: list[FakeProcess]) -> None:
    child = ChildProcess("jobs", work)
    child.ensure_running()
    child.stop()
    assert processes[0].received == ["terminate", "join 10"]


def test_a_process_that_does_not_end_is_killed(
    processes: list[FakeProcess], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FakeProcess, "obeys", False)
    child = ChildProcess("jobs", work)
    child.ensure_running()
    child.stop()
    assert processes[0].received == ["terminate", "join 10", "kill", "join None"]
    assert not processes[0].alive


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_cancels_the_work_which_can_clean_up(number: signal.Signals) -> None:
    steps: list[str] = []

    async def until_cancelled() -> None:
        asyncio.get_running_loop().call_soon(os.kill, os.getpid(), number)
        try:
            await asyncio.Event().wait()
        finally:
            steps.append("cleaned up")

    with capture_logs() as log:
        run_until_signalled("working", until_cancelled())
    assert steps == ["cleaned up"]
    assert [(line["event"], line["pid"]) for line in log] == [("working", os.getpid())]


def test_work_that_ends_by_itself_ends_the_process() -> None:
    async def nothing() -> None:
        return

    run_until_signalled("working", nothing())


def test_an_error_of_the_work_is_not_taken_for_a_signal() -> None:
    async def fail() -> None:
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        run_until_signalled("working", fail())


@pytest.fixture(autouse=True)
def former_handlers() -> Any:
    """The signal handlers of before the test."""
    former = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in former.items():
        signal.signal(number, handler)
