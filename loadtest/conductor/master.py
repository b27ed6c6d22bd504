"""The master's side: assignments for the workers, orders, what they report, and the verdict."""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from time import perf_counter
from typing import TYPE_CHECKING, Any

from loadtest.conductor.levels import UNLIMITED_SECONDS, tagged
from loadtest.conductor.orders import (
    ASSIGNMENT,
    BEGIN,
    END,
    FAILED,
    FIGURES,
    HELLO,
    PLAN,
    READY,
    REFUSED,
    RUNNING,
    version,
)
from loadtest.conductor.preparation import Compared, Request, Sampled
from loadtest.generator.messages import Answers
from loadtest.scenario.levels import Level
from loadtest.scenario.plan import Plan
from loadtest.target import LoadError

if TYPE_CHECKING:  # Locust patches the process that imports it
    from locust.env import Environment
    from locust.runners import Runner

SILENT_SECONDS = 5.0
"""After so long without a report, of which two come in a second, a worker is taken for dead."""

_LOG = logging.getLogger(__name__)
_COMMAND = (sys.executable, "-m", "loadtest.conductor.preparation")


class Preparation:
    """The process that prepares the dataset and compares the answers. Raises LoadError."""

    def __init__(self, request: Request) -> None:
        self._process = subprocess.Popen(_COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._write(request.to_line())
        self.assignments = [self._read() for _ in range(request.workers)]

    def add(self, sampled: Sampled) -> None:
        """Keep answers for the comparison."""
        self._write(sampled.to_line())

    def compare(self) -> Compared:
        """Compare all answers with the reference model."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        compared = Compared.model_validate_json(self._read())
        self._process.wait()
        return compared

    def _write(self, line: bytes) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(line)
            self._process.stdin.flush()
        except OSError as error:
            raise LoadError("the dataset's process has ended") from error

    def _read(self) -> bytes:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise LoadError(f"the dataset could not be prepared: exit code {self._process.wait()}")
        return line


@dataclass
class Generator:
    """A worker with an assignment, and its last report."""

    client_id: str
    report: dict[str, Any] = field(default_factory=dict)
    reported_at: float = 0.0

    def update(self, report: dict[str, Any]) -> None:
        """Keep a report, with the cores that the worker's process kept busy since the last one."""
        at = perf_counter()
        used = report["cpu_seconds"] - self.report.get("cpu_seconds", report["cpu_seconds"])
        report["cores"] = round(used / (at - self.reported_at), 2) if self.reported_at else 0.0
        self.report, self.reported_at = report, at

    @property
    def state(self) -> str:
        """The engine's state; empty before its first report."""
        return str(self.report.get("state", ""))

    def is_drained(self, run: int) -> bool:
        """Whether the last visit of a run has ended and all its figures are here; a report from before is no answer."""
        return bool(self.report.get("drained")) and self.report["run"] == run

    @property
    def is_silent(self) -> bool:
        """Whether it has stopped reporting."""
        return perf_counter() - self.reported_at > SILENT_SECONDS


class Master:
    """Conducts the workers that the run expects. `problems`: why the verdict is negative."""

    def __init__(
        self,
        environment: Environment,
        runner: Runner,
        prepare: Callable[[], Preparation],
        plan: Plan,
        workers: int,
    ) -> None:
        """`plan`: the usual one, run where no shape chooses another. Raises LoadError."""
        self.generators: dict[str, Generator] = {}
        self.problems: list[str] = []
        self._environment, self._runner = environment, runner
        self._plan, self._workers = plan, workers
        self.is_conducting = False
        """Whether a run has begun and Locust has not stopped it yet."""
        self._run, self._ended_at = 0, 0.0
        self._refused: set[str] = set()
        self._version = version()  # of the sources that this process has loaded, not of a later edit
        self._preparation: Preparation | None = None
        runner.register_message(HELLO, self._on_hello)
        runner.register_message(FIGURES, self._on_figures)
        environment.events.test_start.add_listener(self._on_test_start)
        environment.events.test_stop.add_listener(self._on_test_stop)
        environment.events.quitting.add_listener(self._on_quitting)
        self._preparation = prepare()  # takes long: workers that introduce themselves meanwhile do so again

    @property
    def is_ready(self) -> bool:
        """Whether every expected worker has its dataset, and its terminals are signed in."""
        ready = [one for one in self.generators.values() if one.state in {READY, RUNNING}]
        return len(ready) == self._workers

    @property
    def has_failed(self) -> bool:
        """Whether the run cannot be completed any more."""
        return bool(self.problems)

    def rows(self) -> list[dict[str, Any]]:
        """Each generator's last report, for people."""
        return [
            {"worker": number, **one.report}
            for number, one in enumerate(self.generators.values(), 1)
            if one.report
        ]

    def begin(self, level: Level, seconds: float) -> None:
        """Let every worker begin its part of a level's run."""
        options = self._environment.parsed_options
        level = tagged(level, getattr(options, "tags", None), getattr(options, "exclude_tags", None))
        plan = replace(self._plan, level=level, seconds=seconds)
        self._run, self.is_conducting, self._ended_at = self._run + 1, True, 0.0
        for number, client_id in enumerate(self.generators):
            part = plan.for_generator(number, 1 / self._workers)
            self._send(BEGIN, client_id, {"run": self._run, "plan": PLAN.dump_json(part)})

    def end(self) -> None:
        """Let no more checks arrive. Called again it does nothing."""
        if not self._ended_at:
            self._ended_at = perf_counter()
            for client_id in self.generators:
                self._send(END, client_id, {})

    @property
    def is_drained(self) -> bool:
        """Whether every worker has reported its last figures, or reports nothing any more."""
        return all(one.is_drained(self._run) or one.is_silent for one in self.generators.values())

    def _on_hello(self, msg: Any, **_: Any) -> None:
        client_id = msg.node_id
        if self._preparation is None or client_id in self.generators or client_id in self._refused:
            return
        if msg.data["version"] != self._version:
            self._refuse(client_id, "it runs other sources than the master")
            self.problems.append("a worker runs other sources than the master")
        elif len(self.generators) >= self._workers:
            self._refuse(client_id, f"it is late: the run has its {self._workers} workers (--expect-workers)")
        else:
            assignment = self._preparation.assignments[len(self.generators)]
            self.generators[client_id] = Generator(client_id)
            self._send(ASSIGNMENT, client_id, {"assignment": assignment})

    def _refuse(self, client_id: str, reason: str) -> None:
        self._refused.add(client_id)
        _LOG.error("a worker was refused: %s", reason)
        self._send(REFUSED, client_id, {"reason": reason})

    def _send(self, message: str, client_id: str, data: dict[str, Any]) -> None:
        self._runner.send_message(message, data, client_id)

    def _on_figures(self, msg: Any, **_: Any) -> None:
        generator = self.generators.get(msg.node_id)
        if generator is None or self._preparation is None:
            return
        generator.update(msg.data["report"])
        for began_at, line in msg.data["answers"]:
            answers = Answers.model_validate_json(line)
            self._preparation.add(Sampled.model_validate({"began_at": began_at, "answers": answers}))
        if generator.state == FAILED and not self.problems:
            self.problems.append(f"a worker failed: {generator.report['failure']}")

    def _on_test_start(self, **_: Any) -> None:
        if self._environment.shape_class is None:
            self.begin(self._plan.level, UNLIMITED_SECONDS)

    def _on_test_stop(self, **_: Any) -> None:
        self.is_conducting = False

    def _on_quitting(self, **_: Any) -> None:
        """The verdict, and the exit code: 0 only if every figure is there and every answer was right."""
        if self._preparation is None:
            return
        compared = self._preparation.compare()
        problems = [*self.problems, *self._found(compared)]
        for problem in problems:
            _LOG.error("%s", problem)
        verdict = "failed" if problems else "passed"
        _LOG.info("%s: %s answers compared with the reference model", verdict, f"{compared.count:,}")
        self._environment.process_exit_code = 1 if problems else 0

    def _found(self, compared: Compared) -> list[str]:
        if not self._run:
            return ["no run was begun"] if not self.problems else []
        found = [f"{count} wrong: {fault}" for fault, count in compared.wrong.items()]
        errors = sum(error.occurrences for error in self._environment.stats.errors.values())
        if errors:
            found.append(f"{errors} errors")
        silent = self._workers - sum(one.is_drained(self._run) for one in self.generators.values())
        if silent:
            found.append(f"{silent} of {self._workers} workers did not report their last figures")
        return found
