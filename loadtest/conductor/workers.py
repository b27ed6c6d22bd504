"""The workers that a run expects, as their master sees them: assignments, orders, and what they report."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from time import perf_counter
from typing import TYPE_CHECKING, Any, Protocol

from loadtest.conductor.orders import (
    ASSIGNMENT,
    BEGIN,
    FAILED,
    FIGURES,
    HELLO,
    READY,
    REFUSED,
    RUNNING,
    version,
)

if TYPE_CHECKING:  # Locust patches the process that imports it
    from locust.runners import Runner

SILENT_SECONDS = 5.0
"""After so long without a report, of which two come in a second, a worker is taken for dead."""

_LOG = logging.getLogger(__name__)


class Desk(Protocol):
    """Where the dataset is."""

    @property
    def assignments(self) -> Sequence[bytes]:
        """A line for each worker."""

    def add(self, began_at: str, answers: bytes) -> None:
        """Keep answers (a line) for the comparison. `began_at`: the start of their worker's run, ISO 8601."""


@dataclass
class Generator:
    """A worker with an assignment, and its last report. `done`: the line of its schedule's result."""

    client_id: str
    report: dict[str, Any] = field(default_factory=dict)
    reported_at: float = 0.0
    done: bytes | None = None

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

    def is_silent(self, seconds: float) -> bool:
        """Whether it has reported nothing for so long."""
        return perf_counter() - self.reported_at > seconds


class Workers:
    """Admits the workers that the run expects, each with an assignment. `problems`: why the verdict is negative."""

    def __init__(self, runner: Runner, count: int, open_desk: Callable[[], Desk]) -> None:
        """`open_desk` is called once workers may introduce themselves."""
        self.generators: dict[str, Generator] = {}
        self.problems: list[str] = []
        self._runner, self._count = runner, count
        self._run = 0
        self._refused: set[str] = set()
        self._version = version()  # of the sources that this process has loaded, not of a later edit
        self._desk: Desk | None = None
        runner.register_message(HELLO, self._on_hello)
        runner.register_message(FIGURES, self._on_figures)
        self._desk = open_desk()  # may take long: workers that introduce themselves meanwhile do so again

    @property
    def is_ready(self) -> bool:
        """Whether every expected worker has its dataset, and its terminals are signed in."""
        ready = [one for one in self.generators.values() if one.state in {READY, RUNNING}]
        return len(ready) == self._count

    @property
    def has_failed(self) -> bool:
        """Whether the run cannot be completed any more."""
        return bool(self.problems)

    @property
    def results(self) -> list[bytes] | None:
        """The line of each worker's result, once all are here."""
        done = [one.done for one in self.generators.values() if one.done is not None]
        return done if len(done) == self._count else None

    def rows(self) -> list[dict[str, Any]]:
        """Each generator's last report, for people."""
        return [
            {"worker": number, **one.report}
            for number, one in enumerate(self.generators.values(), 1)
            if one.report
        ]

    def begin_schedules(self) -> None:
        """Let every worker run the schedule of its assignment."""
        self._run += 1
        for client_id in self.generators:
            self._send(BEGIN, client_id, {"run": self._run, "plan": None})

    def silent(self, seconds: float) -> int:
        """How many workers have reported nothing for so long."""
        return sum(one.is_silent(seconds) for one in self.generators.values())

    def _on_hello(self, msg: Any, **_: Any) -> None:
        client_id = msg.node_id
        if self._desk is None or client_id in self.generators or client_id in self._refused:
            return
        if msg.data["version"] != self._version:
            self._refuse(client_id, "it runs other sources than the master")
            self.problems.append("a worker runs other sources than the master")
        elif len(self.generators) >= self._count:
            self._refuse(client_id, f"it is late: the run has its {self._count} workers (--expect-workers)")
        else:
            assignment = self._desk.assignments[len(self.generators)]
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
        if generator is None or self._desk is None:
            return
        generator.update(msg.data["report"])
        for began_at, answers in msg.data["answers"]:
            self._desk.add(began_at, answers)
        if msg.data["done"] is not None:
            generator.done = msg.data["done"]
        if generator.state == FAILED and not self.problems:
            self.problems.append(f"a worker failed: {generator.report['failure']}")
