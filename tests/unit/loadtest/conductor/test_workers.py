"""The workers of a run: who takes part, what is ordered, and what they report."""

from __future__ import annotations

from time import perf_counter
from typing import Any, cast

import pytest

from loadtest.conductor import workers as workers_module
from loadtest.conductor.orders import ASSIGNMENT, BEGIN, FAILED, READY, REFUSED, RUNNING
from loadtest.conductor.workers import SILENT_SECONDS, Workers
from tests.unit.loadtest.conductor.builders import FakeRunner

BEGAN = "2026-11-30T00:00:00+00:00"


class Desk:
    """A dataset for two workers. A worker that introduces itself while it is made gets no answer yet."""

    assignments = (b"one", b"two")

    def __init__(self, runner: FakeRunner) -> None:
        self.answers: list[tuple[str, bytes]] = []
        runner.hello("early")
        assert runner.sent == []

    def add(self, began_at: str, answers: bytes) -> None:
        self.answers.append((began_at, answers))


class Run(FakeRunner):
    """Two workers are expected."""

    def __init__(self, *present: str) -> None:
        super().__init__()
        self.desk: Desk | None = None
        self.workers = Workers(cast(Any, self), 2, self._open)
        for client_id in present:
            self.hello(client_id)

    def _open(self) -> Desk:
        self.desk = Desk(self)
        return self.desk

    def state(self, name: str) -> Any:
        """A property as it is now."""
        return getattr(self.workers, name)


def test_each_worker_gets_an_assignment_of_its_own_once() -> None:
    run = Run("a", "b")
    run.hello("a")
    assert run.sent == [
        (ASSIGNMENT, "a", {"assignment": b"one"}), (ASSIGNMENT, "b", {"assignment": b"two"}),
    ]  # fmt: skip


def test_a_late_worker_is_refused_and_spoils_nothing() -> None:
    run = Run("a", "b", "c", "c")
    [(_, client_id, data)] = [one for one in run.sent if one[0] == REFUSED]
    assert (client_id, "late" in data["reason"]) == ("c", True)
    run.figures("c", state=FAILED, done=b"its result")
    assert (run.state("has_failed"), run.state("results")) == (False, None)
    assert list(run.workers.generators) == ["a", "b"]


def test_a_worker_with_other_sources_is_refused_once_and_fails_the_run() -> None:
    run = Run()
    run.hello("a", claimed="another")
    run.hello("a", claimed="another")
    assert [(name, client_id) for name, client_id, _ in run.sent] == [(REFUSED, "a")]
    assert run.workers.problems == ["a worker runs other sources than the master"]


def test_the_run_is_ready_when_every_workers_engine_is() -> None:
    run = Run("a")
    run.figures("a")
    assert not run.state("is_ready")
    run.hello("b")
    run.figures("b", state="preparing")
    assert not run.state("is_ready")
    run.figures("b", state=RUNNING)
    assert run.state("is_ready")


def test_a_worker_that_failed_fails_the_run_with_its_reason_once() -> None:
    run = Run("a", "b")
    run.figures("a", state=FAILED, failure="a terminal could not sign in: 401")
    run.figures("a", state=FAILED, failure="a terminal could not sign in: 401")
    assert run.workers.problems == ["a worker failed: a terminal could not sign in: 401"]


def test_every_worker_begins_the_schedule_of_its_assignment() -> None:
    run = Run("a", "b")
    run.sent.clear()
    run.workers.begin_schedules()
    assert run.sent == [(BEGIN, "a", {"run": 1, "plan": None}), (BEGIN, "b", {"run": 1, "plan": None})]


def test_the_results_are_there_when_every_workers_is_and_stay() -> None:
    run = Run("a", "b")
    run.figures("b", done=b"second")
    run.figures("b")
    assert run.state("results") is None
    run.figures("a", done=b"first")
    run.figures("a")
    assert run.state("results") == [b"first", b"second"]


def test_answers_of_admitted_workers_go_to_the_dataset_with_the_start_of_their_run() -> None:
    run = Run("a")
    run.figures("a", answers=[(BEGAN, b"answers"), (BEGAN, b"more")])
    run.figures("stranger", answers=[(BEGAN, b"answers")])
    assert run.desk is not None
    assert run.desk.answers == [(BEGAN, b"answers"), (BEGAN, b"more")]


@pytest.mark.parametrize(("later", "silent"), [(0.0, 0), (SILENT_SECONDS - 1, 0), (SILENT_SECONDS + 1, 2)])
def test_workers_that_report_nothing_any_more_are_counted(
    monkeypatch: pytest.MonkeyPatch, later: float, silent: int
) -> None:
    run = Run("a", "b")
    at = perf_counter()
    monkeypatch.setattr(workers_module, "perf_counter", lambda: at)
    run.figures("a")
    run.figures("b")
    monkeypatch.setattr(workers_module, "perf_counter", lambda: at + later)
    assert run.workers.silent(SILENT_SECONDS) == silent


def test_rows_name_each_generator_with_its_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    run = Run("a", "b")
    clock = iter([10.0, 12.0])
    monkeypatch.setattr(workers_module, "perf_counter", lambda: next(clock))
    run.figures("b", cpu_seconds=1.0)
    run.figures("b", cpu_seconds=2.5)
    [row] = run.workers.rows()
    assert (row["worker"], row["cores"], row["state"]) == (2, 0.75, READY)
