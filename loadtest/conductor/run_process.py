"""The conductor of `loadtest run`: a process of its own, since Locust patches the one that imports it.

Its workers are Locust's, and run the schedules that their assignments draw from the seed. Locust starts no users: a
plan that is laid down before the run needs none.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from contextlib import suppress
from time import perf_counter
from typing import IO

import gevent
from gevent.event import Event
from gevent.fileobject import FileObjectPosix
from locust.env import Environment
from locust.event import Events
from locust.runners import MasterRunner, Runner
from pydantic import ValidationError

from loadtest.conductor.run_lines import START, Failed, Listening, Order, Progress, Ready
from loadtest.conductor.worker import Worker
from loadtest.conductor.workers import Workers
from loadtest.errors import LoadError
from loadtest.generator.messages import Message

LOOPBACK = "127.0.0.1"
"""Locust's messages are neither authenticated nor encrypted."""

READY_SECONDS = 300.0
"""How long all workers may take to load their assignments and to sign their terminals in."""

SILENT_SECONDS = 20.0
"""After so long without a report a worker is taken for dead: the machine may be a busy one."""

END_SECONDS = 120.0
"""How much longer than its plan and the wait for its last answers a run may take, for its results to arrive."""

STOPPED = 3
_POLL_SECONDS, _PROGRESS_SECONDS = 0.1, 1.0


class CoordinatorPipes:
    """The lines from and to `loadtest run`, where the dataset is. `is_open`: whether it is still there."""

    def __init__(self, reader: IO[bytes], writer: IO[bytes]) -> None:
        """Reads the order and the assignments. `reader`: one that lets other greenlets run."""
        self._reader, self._writer = reader, writer
        self.order = Order.model_validate_json(reader.readline())
        self.assignments = [reader.readline() for _ in range(self.order.workers)]
        self.is_open = True
        self._started = Event()

    def watch(self) -> None:
        """A greenlet's work: read on, to the end of the input."""
        if self._reader.readline() == START:
            self._started.set()
            while self._reader.readline():
                pass
        self.is_open = False
        self._started.set()

    def wait_for_start(self) -> bool:
        """Wait until the load may start; whether it may."""
        self._started.wait()
        return self.is_open

    def add(self, began_at: str, answers: bytes) -> None:
        """Send answers, which are compared over there by the clock of `loadtest run`."""
        del began_at
        self.write(answers)

    def send(self, message: Message) -> None:
        """Send a message."""
        self.write(message.to_line())

    def write(self, line: bytes) -> None:
        """Send a line. Raises LoadError."""
        try:
            self._writer.write(line)
            self._writer.flush()
        except OSError as error:
            raise LoadError("the coordinator has exited") from error


def conduct(pipes: CoordinatorPipes) -> None:
    """Conduct one run. Raises LoadError."""
    order = pipes.order
    environment = Environment(events=Events())
    runner: Runner
    if order.is_alone:
        runner = environment.create_local_runner()
    else:
        runner = environment.create_master_runner(LOOPBACK, 0)
    try:
        _conduct(pipes, environment, runner)
    finally:
        runner.quit()


def _conduct(pipes: CoordinatorPipes, environment: Environment, runner: Runner) -> None:
    order = pipes.order
    workers = Workers(runner, order.workers, lambda: pipes)
    gevent.spawn(pipes.watch)
    if isinstance(runner, MasterRunner):
        pipes.send(Listening(port=runner.server.port))
    else:
        Worker(environment, runner)
    _wait(pipes, workers, READY_SECONDS, lambda: workers.is_ready)
    pipes.send(Ready())
    if not pipes.wait_for_start():
        return
    workers.begin_schedules()
    limit = order.plan.seconds + order.plan.drain_seconds + END_SECONDS
    progress = gevent.spawn(_report_progress, pipes, workers)
    _wait(pipes, workers, limit, lambda: workers.results is not None or _raise_if_silent(workers))
    progress.kill()
    for line in workers.results or ():
        pipes.write(line)
    while pipes.is_open:  # nobody may think that a worker exited too early
        gevent.sleep(_POLL_SECONDS)


def _wait(pipes: CoordinatorPipes, workers: Workers, seconds: float, reached: Callable[[], bool]) -> None:
    deadline = perf_counter() + seconds
    while not reached():
        if workers.has_failed:
            raise LoadError("; ".join(workers.problems))
        if not pipes.is_open:
            raise LoadError("the coordinator has exited")
        if perf_counter() > deadline:
            raise LoadError(f"the generators did not finish within {seconds:,.0f} s")
        gevent.sleep(_POLL_SECONDS)


def _raise_if_silent(workers: Workers) -> bool:
    if count := workers.silent(SILENT_SECONDS):
        raise LoadError(f"{count} of {len(workers.generators)} generators report nothing any more")
    return False


def _report_progress(pipes: CoordinatorPipes, workers: Workers) -> None:
    """A greenlet's work."""
    began = perf_counter()
    while True:
        gevent.sleep(_PROGRESS_SECONDS)
        rows = workers.rows()
        with suppress(LoadError):  # who waits for the results finds out, too
            pipes.send(
                Progress(
                    seconds=perf_counter() - began,
                    offered=sum(row["offered"] for row in rows),
                    answered=sum(row["answered"] for row in rows),
                    errors=sum(row["errors"] for row in rows),
                    p99_ms=max(row["p99_ms"] for row in rows),
                )
            )


def main() -> None:
    """The process. Exit code 3: it failed, and its last line says why."""
    reader = FileObjectPosix(0, "rb", close=False)
    writer = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever else is printed must not mix with the lines
    try:
        pipes = CoordinatorPipes(reader, writer)
    except ValidationError:
        sys.stderr.write("no order was read from standard input: `loadtest run` starts this process\n")
        sys.exit(STOPPED)
    try:
        conduct(pipes)
    except LoadError as error:
        with suppress(LoadError):
            pipes.send(Failed(reason=str(error)))
        sys.exit(STOPPED)


if __name__ == "__main__":
    main()
