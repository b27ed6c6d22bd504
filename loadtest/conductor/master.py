"""The master of `locust -f loadtest/locustfile.py`: levels, and the verdict."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from time import perf_counter
from typing import TYPE_CHECKING, Any

from loadtest.child_processes import child_process
from loadtest.conductor.levels import UNLIMITED_SECONDS, tagged
from loadtest.conductor.orders import BEGIN, END, PLAN
from loadtest.conductor.preparation import Compared, Request, Sampled
from loadtest.conductor.workers import SILENT_SECONDS, Workers
from loadtest.errors import LoadError
from loadtest.generator.messages import Answers
from loadtest.scenario.levels import Level
from loadtest.scenario.plan import Plan

if TYPE_CHECKING:  # Locust patches the process that imports it
    from locust.env import Environment
    from locust.runners import Runner

_LOG = logging.getLogger(__name__)
_COMMAND = (sys.executable, "-m", "loadtest.conductor.preparation")
_STOP_SECONDS = 10.0


class Preparation:
    """The process that prepares the dataset and compares the answers, until it is closed. Raises LoadError."""

    def __init__(self, request: Request, command: Sequence[str] = _COMMAND) -> None:
        self._running = ExitStack()
        self._process = self._running.enter_context(
            child_process(command, stop_seconds=_STOP_SECONDS, piped=True)
        )
        try:
            self._write(request.to_line())
            self.assignments = [self._read() for _ in range(request.workers)]
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """End the process, whatever it does."""
        self._running.close()

    def add(self, began_at: str, answers: bytes) -> None:
        """Keep answers for the comparison."""
        parsed = Answers.model_validate_json(answers)
        self._write(Sampled.model_validate({"began_at": began_at, "answers": parsed}).to_line())

    def compare(self) -> Compared:
        """Compare all answers with the reference model."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        return Compared.model_validate_json(self._read())

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


class Master(Workers):
    """Conducts the workers at the rate of Locust's users."""

    def __init__(
        self,
        environment: Environment,
        runner: Runner,
        prepare: Callable[[], Preparation],
        plan: Plan,
        workers: int,
    ) -> None:
        """`plan`: the usual one, run where no shape chooses another. Raises LoadError."""
        self._environment, self._plan = environment, plan
        self.is_conducting = False
        """Whether a run has begun and Locust has not stopped it yet."""
        self._ended_at = 0.0
        self._preparation: Preparation | None = None
        environment.events.test_start.add_listener(self._on_test_start)
        environment.events.test_stop.add_listener(self._on_test_stop)
        environment.events.quitting.add_listener(self._on_quitting)
        super().__init__(runner, workers, lambda: self._prepared(prepare))

    def begin(self, level: Level, seconds: float) -> None:
        """Let every worker begin its part of a level's run."""
        options = self._environment.parsed_options
        level = tagged(level, getattr(options, "tags", None), getattr(options, "exclude_tags", None))
        plan = replace(self._plan, level=level, seconds=seconds)
        self._run, self.is_conducting, self._ended_at = self._run + 1, True, 0.0
        for number, client_id in enumerate(self.generators):
            part = plan.for_generator(number, 1 / self._count)
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
        return all(
            one.is_drained(self._run) or one.is_silent(SILENT_SECONDS) for one in self.generators.values()
        )

    def _prepared(self, prepare: Callable[[], Preparation]) -> Preparation:
        self._preparation = prepare()
        return self._preparation

    def _on_test_start(self, **_: Any) -> None:
        if self._environment.shape_class is None:
            self.begin(self._plan.level, UNLIMITED_SECONDS)

    def _on_test_stop(self, **_: Any) -> None:
        self.is_conducting = False

    def _on_quitting(self, **_: Any) -> None:
        """The verdict, and the exit code: 0 only if every figure is there and every answer was right."""
        if self._preparation is None:
            return
        try:
            compared = self._preparation.compare()
        finally:
            self._preparation.close()
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
        silent = self._count - sum(one.is_drained(self._run) for one in self.generators.values())
        if silent:
            found.append(f"{silent} of {self._count} workers did not report their last figures")
        return found
