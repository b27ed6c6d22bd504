"""The master of `locust -f`: what is ordered for a level, and what fails the run."""

from __future__ import annotations

import os
import sys
from contextlib import nullcontext
from time import perf_counter
from types import SimpleNamespace
from typing import Any, cast

import psutil
import pytest

from loadtest.conductor import workers as workers_module
from loadtest.conductor.levels import UNLIMITED_SECONDS
from loadtest.conductor.master import Master, Preparation
from loadtest.conductor.orders import BEGIN, END, FAILED, PLAN
from loadtest.conductor.preparation import Compared, Request
from loadtest.dataset.provision import DatasetSize
from loadtest.errors import LoadError
from loadtest.scenario.levels import LEVELS
from loadtest.scenario.plan import Plan
from tests.unit.loadtest.conductor.builders import FakeRunner

USUAL = Plan(LEVELS["L0"], 1.0, 0.5, 7)


class Event:
    def __init__(self) -> None:
        self.listeners: list[Any] = []

    def add_listener(self, listener: Any) -> None:
        self.listeners.append(listener)

    def fire(self) -> None:
        for listener in self.listeners:
            listener()


class Laboratory(FakeRunner):
    """A master of two workers, with Locust's parts and the dataset's process replaced."""

    assignments = (b"one", b"two")

    def __init__(self, **options: Any) -> None:
        super().__init__()
        self.compared = Compared(count=5, wrong={})
        self.is_closed = False
        events = SimpleNamespace(test_start=Event(), test_stop=Event(), quitting=Event())
        self.environment = SimpleNamespace(
            events=events, parsed_options=SimpleNamespace(**options), shape_class=object(), process_exit_code=None,
            stats=SimpleNamespace(errors={}),
        )  # fmt: skip
        self.master = Master(cast(Any, self.environment), cast(Any, self), lambda: cast(Any, self), USUAL, 2)

    def compare(self) -> Compared:
        return self.compared

    def close(self) -> None:
        self.is_closed = True

    def state(self, name: str) -> bool:
        """A property of the master as it is now."""
        value: bool = getattr(self.master, name)
        return value

    def quit(self) -> int | None:
        self.environment.events.quitting.fire()
        code: int | None = self.environment.process_exit_code
        return code


@pytest.fixture
def laboratory() -> Laboratory:
    """Both workers are there."""
    made = Laboratory(tags=None, exclude_tags=None)
    made.hello("a")
    made.hello("b")
    return made


def test_a_worker_with_other_sources_makes_the_verdict_negative() -> None:
    laboratory = Laboratory()
    laboratory.hello("a", claimed="another")
    assert laboratory.quit() == 1


@pytest.mark.parametrize("failing", [False, True])
def test_the_dataset_s_process_ends_with_the_master_whether_or_not_it_compared(
    laboratory: Laboratory, monkeypatch: pytest.MonkeyPatch, failing: bool
) -> None:
    def fails() -> Compared:
        raise LoadError("it has ended")

    if failing:
        monkeypatch.setattr(laboratory, "compare", fails)
    with pytest.raises(LoadError) if failing else nullcontext():
        laboratory.quit()
    assert laboratory.is_closed


REQUEST = Request(size=DatasetSize(2, 2, 1), plan=USUAL, workers=1)
ANSWERS_AND_COMPARES = """
import sys
sys.stdin.buffer.readline()
print("an assignment", flush=True)
sys.stdin.buffer.read()
print('{"count": 0, "wrong": {}}', flush=True)
"""
IGNORES_THE_END = "import os, signal; print(os.getpid(), flush=True); signal.pause()"


def test_the_dataset_s_process_prepares_and_compares_out_of_ctrl_c_s_reach() -> None:
    preparation = Preparation(REQUEST, (sys.executable, "-c", ANSWERS_AND_COMPARES))
    assert preparation.assignments == [b"an assignment\n"]
    assert os.getsid(preparation._process.pid) == preparation._process.pid
    assert preparation.compare() == Compared(count=0, wrong={})
    preparation.close()


def test_a_dataset_s_process_that_does_not_end_is_terminated() -> None:
    preparation = Preparation(REQUEST, (sys.executable, "-c", IGNORES_THE_END))
    [pid] = preparation.assignments
    preparation.close()
    assert not psutil.pid_exists(int(pid))


def test_a_dataset_s_process_that_fails_is_an_error() -> None:
    with pytest.raises(LoadError, match="could not be prepared: exit code 3"):
        Preparation(REQUEST, (sys.executable, "-c", "import sys; sys.exit(3)"))


def test_each_worker_begins_its_part_with_a_seed_of_its_own(laboratory: Laboratory) -> None:
    laboratory.sent.clear()
    laboratory.environment.parsed_options.tags = ["card"]
    laboratory.master.begin(LEVELS["L1"], 60.0)
    plans = [PLAN.validate_json(data["plan"]) for name, _, data in laboratory.sent if name == BEGIN]
    assert [(plan.level.name, plan.level.by_card, plan.seconds, plan.scale) for plan in plans] == [
        ("L1", 1.0, 60.0, 0.25)
    ] * 2
    assert len({plan.seed for plan in plans}) == 2


def test_a_run_ends_once(laboratory: Laboratory) -> None:
    laboratory.master.begin(LEVELS["L0"], 1.0)
    laboratory.sent.clear()
    laboratory.master.end()
    laboratory.master.end()
    assert laboratory.sent == [(END, "a", {}), (END, "b", {})]


def test_without_a_shape_the_usual_level_runs_until_it_is_stopped(laboratory: Laboratory) -> None:
    laboratory.environment.events.test_start.fire()
    assert laboratory.state("is_conducting") is False
    laboratory.environment.shape_class = None
    laboratory.environment.events.test_start.fire()
    assert laboratory.state("is_conducting") is True
    [plan, _] = [PLAN.validate_json(data["plan"]) for name, _, data in laboratory.sent if name == BEGIN]
    assert (plan.level.name, plan.seconds) == ("L0", UNLIMITED_SECONDS)
    laboratory.environment.events.test_stop.fire()
    assert laboratory.state("is_conducting") is False


def test_a_run_is_drained_when_every_worker_is_drained_or_silent(
    laboratory: Laboratory, monkeypatch: pytest.MonkeyPatch
) -> None:
    laboratory.master.begin(LEVELS["L0"], 1.0)
    laboratory.figures("a", drained=True)
    laboratory.figures("b", drained=False)
    assert laboratory.state("is_drained") is False
    later = perf_counter() + workers_module.SILENT_SECONDS + 1
    monkeypatch.setattr(workers_module, "perf_counter", lambda: later)
    assert laboratory.state("is_drained") is True
    monkeypatch.undo()
    laboratory.figures("b", drained=True)
    assert laboratory.state("is_drained") is True


def drained(laboratory: Laboratory) -> None:
    laboratory.master.begin(LEVELS["L0"], 1.0)
    laboratory.figures("a", drained=True)
    laboratory.figures("b", drained=True)


def test_a_worker_that_was_killed_after_an_earlier_run_has_not_reported_this_one(
    laboratory: Laboratory,
) -> None:
    laboratory.figures("a", drained=True, run=0)
    drained(laboratory)
    laboratory.master.begin(LEVELS["L0"], 1.0)
    laboratory.figures("b", drained=True, run=2)
    assert laboratory.state("is_drained") is False
    assert laboratory.quit() == 1


def test_a_complete_run_without_errors_passes(laboratory: Laboratory) -> None:
    drained(laboratory)
    assert laboratory.quit() == 0


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ({"errors": {"x": SimpleNamespace(occurrences=3)}}, "3 errors"),
        ({"compared": Compared(count=5, wrong={"validity": 2})}, "2 wrong: validity"),
        ({"silent": "b"}, "1 of 2 workers did not report their last figures"),
        ({"failed": "the fund is gone"}, "a worker failed: the fund is gone"),
    ],
    ids=["errors", "wrong", "killed", "failed"],
)
def test_what_fails_a_run(
    laboratory: Laboratory, caplog: pytest.LogCaptureFixture, fault: dict[str, Any], words: str
) -> None:
    drained(laboratory)
    laboratory.environment.stats.errors = fault.get("errors", {})
    laboratory.compared = fault.get("compared", laboratory.compared)
    if "silent" in fault:
        laboratory.figures(fault["silent"], drained=False)
    if "failed" in fault:
        laboratory.figures("a", state=FAILED, failure=fault["failed"], drained=True)
    assert laboratory.quit() == 1
    assert words in caplog.messages


def test_a_run_that_never_began_is_no_success(laboratory: Laboratory) -> None:
    assert laboratory.quit() == 1
