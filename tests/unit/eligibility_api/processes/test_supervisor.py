"""The supervisor reports the start once all workers serve, ends if one cannot, and keeps the background running."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
import uvicorn
from structlog.testing import capture_logs
from uvicorn.supervisors import Multiprocess

from eligibility_api.processes import supervisor as module
from eligibility_api.processes.supervisor import Supervisor

START_SECONDS = 120.0
"""Time for the start of a worker that replaces another."""


@dataclass(eq=False)
class Worker:
    """A worker process as uvicorn's supervisor sees it."""

    exitcode: int | None = None
    ready: bool = False

    def is_ready(self, timeout: float) -> bool:
        return self.ready

    def ping(self, timeout: float) -> bool:
        return self.ready


class Time:
    """A monotonic clock that a test sets."""

    now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Time:
    clock = Time()
    monkeypatch.setattr(module, "time", clock)
    return clock


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> list[list[object]]:
    """The workers of each of uvicorn's own checks, which replaces those that do not answer."""
    checks: list[list[object]] = []
    monkeypatch.setattr(Multiprocess, "__init__", _without_processes)
    monkeypatch.setattr(
        Multiprocess, "keep_subprocess_alive", lambda self: checks.append(list(self.processes))
    )
    return checks


def _without_processes(self: Multiprocess, config: uvicorn.Config, sockets: list[socket.socket]) -> None:
    self.config, self.sockets, self.processes = config, sockets, []
    self.should_exit = threading.Event()


Background = dict[str, Callable[[], bool]]


def supervising(
    workers: list[Worker], started: Callable[[], None] = lambda: None, background: Background | None = None
) -> Supervisor:
    one, other = socket.socketpair()
    one.close()
    with other:
        made = Supervisor(
            uvicorn.Config("app", workers=2), other, started=started, background=background or {}
        )
    made.processes = workers  # type: ignore[assignment]
    return made


@pytest.mark.usefixtures("kept", "clock")
def test_the_start_is_reported_once_when_every_worker_is_ready() -> None:
    workers, reports = [Worker(), Worker()], []
    supervisor = supervising(workers, lambda: reports.append("started"))
    supervisor.keep_subprocess_alive()
    workers[0].ready = True
    supervisor.keep_subprocess_alive()
    assert reports == []
    workers[1].ready = True
    for _ in range(3):
        supervisor.keep_subprocess_alive()
    assert reports == ["started"]
    assert not supervisor.failed


@pytest.mark.usefixtures("clock")
def test_workers_are_replaced_only_after_the_start(kept: list[list[object]]) -> None:
    worker = Worker(ready=True)
    supervisor = supervising([worker])
    supervisor.keep_subprocess_alive()
    assert kept == []
    supervisor.keep_subprocess_alive()
    assert kept == [[worker]]


def replaced(supervisor: Supervisor) -> Worker:
    """A new worker instead of the first, as uvicorn starts it for one that has ended."""
    new = Worker()
    supervisor.processes[0] = new  # type: ignore[call-overload]
    return new


def test_a_new_worker_has_time_to_start_while_the_others_are_checked(
    kept: list[list[object]], clock: Time
) -> None:
    other = Worker(ready=True)
    supervisor = supervising([Worker(ready=True), other])
    supervisor.keep_subprocess_alive()
    new = replaced(supervisor)
    for _ in range(2):
        supervisor.keep_subprocess_alive()
        clock.now += START_SECONDS / 2
    assert kept == [[other], [other]]
    assert {*map(id, supervisor.processes)} == {id(new), id(other)}
    supervisor.keep_subprocess_alive()
    assert set(kept[-1]) == {new, other}


@pytest.mark.usefixtures("clock")
def test_a_worker_that_has_answered_is_checked_whatever_it_does_then(kept: list[list[object]]) -> None:
    supervisor = supervising([Worker(ready=True)])
    supervisor.keep_subprocess_alive()
    new = replaced(supervisor)
    for new.ready in (True, False):
        supervisor.keep_subprocess_alive()
    assert kept == [[new], [new]]


@pytest.mark.usefixtures("clock")
def test_a_new_worker_that_ends_is_replaced_at_once(kept: list[list[object]]) -> None:
    supervisor = supervising([Worker(ready=True)])
    supervisor.keep_subprocess_alive()
    new = replaced(supervisor)
    new.exitcode = -9
    supervisor.keep_subprocess_alive()
    assert kept == [[new]]


@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize("code", [0, 1, -9])
def test_a_worker_that_ends_before_the_start_ends_the_service(kept: list[list[object]], code: int) -> None:
    supervisor = supervising([Worker(ready=True), Worker(exitcode=code)])
    supervisor.keep_subprocess_alive()
    assert supervisor.failed
    assert supervisor.should_exit.is_set()
    supervisor.keep_subprocess_alive()
    assert kept == []


@pytest.mark.usefixtures("clock")
def test_a_service_that_is_ending_starts_nothing_and_has_not_failed(kept: list[list[object]]) -> None:
    checked: list[str] = []

    def check() -> bool:
        checked.append("jobs")
        return False

    supervisor = supervising([Worker()], background={"jobs": check})
    supervisor.should_exit.set()
    supervisor.keep_subprocess_alive()
    assert (checked, kept, supervisor.failed) == ([], [], False)


@pytest.mark.usefixtures("kept")
def test_background_processes_are_checked_every_two_seconds(clock: Time) -> None:
    checks: list[float] = []

    def check() -> bool:
        checks.append(clock.now)
        return False

    supervisor = supervising([Worker()], background={"jobs": check})
    for moment in (100.0, 100.5, 101.9, 102.0, 103.0, 104.1):
        clock.now = moment
        supervisor.keep_subprocess_alive()
    assert checks == [100.0, 102.0, 104.1]


@pytest.mark.usefixtures("kept", "clock")
@pytest.mark.parametrize(("was_started", "events"), [(True, ["jobs_started"]), (False, [])])
def test_only_a_new_start_is_logged(was_started: bool, events: list[str]) -> None:
    supervisor = supervising([Worker()], background={"jobs": lambda: was_started})
    with capture_logs() as log:
        supervisor.keep_subprocess_alive()
    assert [line["event"] for line in log] == events


@pytest.mark.usefixtures("kept", "clock")
def test_a_background_process_that_cannot_start_delays_no_other() -> None:
    def fail() -> bool:
        raise OSError("no memory for 試験　見本")

    supervisor = supervising([Worker()], background={"database": fail, "jobs": lambda: True})
    with capture_logs() as log:
        supervisor.keep_subprocess_alive()
    assert [(line["event"], line.get("cause")) for line in log] == [
        ("database_not_started", "OSError"),
        ("jobs_started", None),
    ]
    assert not supervisor.failed


@pytest.fixture(autouse=True)
def no_threads() -> Iterator[None]:
    """No test leaves a thread behind."""
    before = threading.active_count()
    yield
    assert threading.active_count() <= before
