"""A worker's side: an engine in a thread, driven by the master's messages and by Locust's users."""

from __future__ import annotations

import logging
from typing import Any

import gevent
from gevent.hub import get_hub
from locust.env import Environment
from locust.runners import LocalRunner, Runner

from loadtest.conductor.engine import Engine
from loadtest.conductor.locust_stats import add_samples
from loadtest.conductor.orders import (
    ASSIGNMENT,
    BEGIN,
    END,
    FAILED,
    FIGURES,
    HELLO,
    PLAN,
    PREPARING,
    REFUSED,
    RUNNING,
    version,
)
from loadtest.generator.messages import Assignment

_POLL_SECONDS = 0.1
_REPORT_SECONDS = 0.5
_HELLO_SECONDS = 1.0
_LOG = logging.getLogger(__name__)


class Worker:
    """Reports to the master twice a second."""

    def __init__(self, environment: Environment, runner: Runner) -> None:
        self._environment, self._runner = environment, runner
        self._engine: Engine | None = None
        self._version = version()
        self._users = self._run = 0
        self._unreported = self._refused = False
        runner.register_message(ASSIGNMENT, self._on_assignment)
        runner.register_message(REFUSED, self._on_refused)
        runner.register_message(BEGIN, self._on_begin)
        runner.register_message(END, self._on_end)
        environment.events.report_to_master.add_listener(self._on_report)
        environment.events.test_stop.add_listener(self._on_test_stop)
        environment.events.quit.add_listener(self._on_quit)
        runner.greenlet.spawn(self.introduce)
        runner.greenlet.spawn(self._report_regularly)

    def introduce(self) -> None:
        """Tell the master which sources run here, until it answers with an assignment or a refusal."""
        while self._engine is None and not self._refused:
            self._runner.send_message(HELLO, {"version": self._version})
            gevent.sleep(_HELLO_SECONDS)

    def add_users(self, count: int) -> None:
        """A user more or less is a check a second more or less."""
        self._users += count
        if self._engine is not None:
            self._engine.set_rate(self._users)

    def _on_assignment(self, msg: Any, **_: Any) -> None:
        if self._engine is None:
            self._engine = Engine(Assignment.model_validate_json(msg.data["assignment"]))
            get_hub().threadpool.spawn(self._engine.run)

    def _on_refused(self, msg: Any, **_: Any) -> None:
        _LOG.error("the master refused this worker: %s", msg.data["reason"])
        self._refused = True
        self._environment.process_exit_code = 3
        gevent.spawn(self._runner.quit)

    def _on_begin(self, msg: Any, **_: Any) -> None:
        if self._engine is not None:
            self._run = msg.data["run"]
            self._engine.set_rate(self._users)
            plan = msg.data["plan"]
            self._engine.begin(None if plan is None else PLAN.validate_json(plan))

    def _on_end(self, **_: Any) -> None:
        if self._engine is not None:
            self._engine.end()

    def _on_test_stop(self, **_: Any) -> None:
        """Wait for the last visits before this worker says that it has stopped: the slowest count most."""
        engine = self._engine
        if engine is None:
            return
        engine.end()
        while engine.state == RUNNING:
            gevent.sleep(_POLL_SECONDS)
        self._collect()

    def _on_quit(self, **_: Any) -> None:
        if self._engine is not None:
            self._engine.close()

    def _on_report(self, **_: Any) -> None:
        """Called before Locust reports its statistics to the master."""
        self._unreported = False

    def _report_regularly(self) -> None:
        while True:
            gevent.sleep(_REPORT_SECONDS)
            self._collect()

    def _collect(self) -> None:
        """Add what was measured to Locust's statistics, and send the rest to the master."""
        engine = self._engine
        if engine is None or engine.state == PREPARING:
            return
        is_running = engine.state == RUNNING  # before the hand-over: afterwards nothing is added
        done, engine.done = engine.done, None
        report: dict[str, Any] = engine.report()
        answers = []
        while engine.handed:
            handed = engine.handed.popleft()
            add_samples(self._environment.stats, handed.samples)
            self._unreported = not isinstance(self._runner, LocalRunner)
            if handed.answers is not None:
                answers.append((handed.began_at, handed.answers))
        report |= {"run": self._run, "drained": not is_running and not self._unreported}
        self._runner.send_message(FIGURES, {"report": report, "answers": answers, "done": done})
        if engine.state == FAILED:
            _LOG.error("the generator failed: %s", engine.failure)
