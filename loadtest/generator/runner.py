"""Runs one generator: reads its assignment, runs the plan, and reports.

Its terminals are signed in before the start.
"""

from __future__ import annotations

import asyncio
import gc
import os
import resource
from collections.abc import Callable, Coroutine, Sequence
from heapq import merge
from operator import attrgetter
from random import Random
from time import perf_counter, process_time
from typing import Any, Protocol

from pydantic import ValidationError

from loadtest.dataset.terminals import sign_in_all, spread_token_ages
from loadtest.dataset.visitors import Visitors
from loadtest.generator.client_faults import apply_client_fault, scheduled_sign_ins
from loadtest.generator.messages import (
    START,
    Answers,
    Assignment,
    Done,
    GeneratorUsage,
    Message,
    Progress,
    Ready,
)
from loadtest.http_client.pool import ConnectionPool
from loadtest.machine import processes
from loadtest.scenario.answer_sample import AnswerSample
from loadtest.scenario.executor import Executor
from loadtest.scenario.history_check import HistoryChecker
from loadtest.scenario.run_stats import RunStats
from loadtest.scenario.visits import TerminalClient
from loadtest.target import LoadError
from loadtest.tasks import unwrap_exception_group

_MAX_CONNECTIONS = 10_000
"""If the fund hangs, all visits that begin within a request's timeout need a connection each."""

_OTHER_FILES = 100
_TIMEOUT_SECONDS = 10.0
_PROGRESS_SECONDS = 1.0

Send = Callable[[Message], None]
Work = Coroutine[Any, Any, None]


class LineReader(Protocol):
    """The coordinator's messages."""

    async def readline(self) -> bytes:
        """One line with its end; empty at the end of the input."""


async def run_generator(reader: LineReader, send: Send) -> None:
    """Run one assignment. Raises LoadError, ConnectionFailed."""
    with unwrap_exception_group():
        await _run(_parse(await reader.readline()), reader, send)


async def _run(assignment: Assignment, reader: LineReader, send: Send) -> None:
    visitors = assignment.visitors()
    url = str(assignment.fund_url)
    async with ConnectionPool(
        url, max_connections=max_connections(), timeout_seconds=_TIMEOUT_SECONDS
    ) as pool:
        await sign_in_all(pool, visitors.terminals)
        spread_token_ages(visitors.terminals, Random(assignment.plan.seed))  # noqa: S311 - reproducible on purpose
        gc.collect()
        gc.freeze()  # otherwise collections would traverse the whole dataset and delay visits
        send(Ready())
        if await reader.readline() != START:
            return
        executor, meter = Executor(RunStats(), AnswerSample()), _UsageMeter()
        await _run_plan(
            assignment,
            visitors,
            pool,
            executor,
            [
                _report_progress(executor, send),
                _fail_without_coordinator(reader),
                meter.stop_at(assignment.plan.seconds),
            ],
        )
        send(Done(stats=executor.stats.to_message(), usage=meter.usage(pool)))


class _UsageMeter:
    """Measures this process up to the last visit's start; waiting for the last answers is little work."""

    def __init__(self) -> None:
        self._began, self._cpu = perf_counter(), process_time()
        self._measured: tuple[float, float] | None = None

    async def stop_at(self, seconds: float) -> None:
        """End the measurement after so many seconds."""
        await asyncio.sleep(seconds)
        self._measured = self._now()

    def usage(self, pool: ConnectionPool) -> GeneratorUsage:
        """The usage up to the end of the measurement, or up to now."""
        seconds, cpu_seconds = self._measured or self._now()
        return GeneratorUsage(
            seconds=seconds,
            cpu_seconds=cpu_seconds,
            memory_mib=processes.unshared_mib(os.getpid()),
            connections=pool.peak,
        )

    def _now(self) -> tuple[float, float]:
        return perf_counter() - self._began, process_time() - self._cpu


def max_connections() -> int:
    """Number of connections that this process may open.

    Its limit of open files is raised to the maximum.
    """
    _, limit = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
    if limit == resource.RLIM_INFINITY:
        return _MAX_CONNECTIONS
    return min(_MAX_CONNECTIONS, limit - _OTHER_FILES)


def _parse(line: bytes) -> Assignment:
    try:
        return Assignment.model_validate_json(line)
    except ValidationError as error:
        faults = "; ".join(": ".join([*map(str, row["loc"]), row["msg"]]) for row in error.errors())
        raise LoadError(f"malformed assignment: {faults}") from None


async def _run_plan(
    assignment: Assignment,
    visitors: Visitors,
    pool: ConnectionPool,
    executor: Executor,
    background: Sequence[Work],
) -> None:
    """Run the schedule to its end, with its client faults and background work."""
    rng = Random(assignment.plan.seed)  # noqa: S311 - reproducible on purpose
    history_checker = HistoryChecker()
    client = TerminalClient(pool, executor.on_response, rng)
    sign_ins = scheduled_sign_ins(assignment.client_faults, visitors.terminals, client.sign_in_again)
    visits = assignment.plan.schedule(visitors, client, history_checker)
    client_faults = [
        apply_client_fault(pool, visitors.terminals, client_fault)
        for client_fault in assignment.client_faults
    ]
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(work) for work in (*background, *client_faults)]
        await executor.run(merge(visits, sign_ins, key=attrgetter("at")), assignment.plan.drain_seconds)
        for task in tasks:
            task.cancel()
    executor.stats.histories_compared, executor.stats.histories_wrong = history_checker.results()


async def _fail_without_coordinator(reader: LineReader) -> None:
    await reader.readline()
    raise LoadError("the coordinator has exited")


async def _report_progress(executor: Executor, send: Send) -> None:
    """Send progress and sampled answers once a second and on cancellation, so that none is kept long."""
    stats, began = executor.stats, perf_counter()
    while True:
        try:
            await asyncio.sleep(_PROGRESS_SECONDS)
        finally:
            if sampled := executor.sample.drain():
                send(Answers(sampled=sampled))
        progress = Progress(
            seconds=perf_counter() - began,
            offered=stats.offered,
            answered=stats.answered,
            errors=stats.errors.total(),
            p99_ms=stats.checks.percentile_ms(0.99),
            cpu_seconds=process_time(),
            memory_mib=processes.unshared_mib(os.getpid()),
        )
        send(progress)
