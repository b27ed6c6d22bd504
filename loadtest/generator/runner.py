"""One generator: takes an order, has its terminals signed in, waits for the word, drives, and says what it saw."""

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
from loadtest.generator.client_faults import disturb, reconnections
from loadtest.generator.messages import GO, Answers, Done, GeneratorUsage, Assignment, Progress, Ready, Message
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
"""At a time: of a fund that stands still, all who come within the time that a request may take want one."""

_OTHER_FILES = 100
_TIMEOUT_SECONDS = 10.0
_PROGRESS_SECONDS = 1.0

Say = Callable[[Message], None]
Work = Coroutine[Any, Any, None]


class Lines(Protocol):
    """Where the coordinator is heard."""

    async def readline(self) -> bytes:
        """A line with its end; nothing where there are no more."""


async def generate(lines: Lines, say: Say) -> None:
    """Do what one order says. Raises LoadError, LineError."""
    with unwrap_exception_group():
        await _obey(_read(await lines.readline()), lines, say)


async def _obey(order: Assignment, lines: Lines, say: Say) -> None:
    visitors = order.visitors()
    url = str(order.fund_url)
    async with ConnectionPool(url, most=max_connections(), timeout_seconds=_TIMEOUT_SECONDS) as pool:
        await sign_in_all(pool, visitors.terminals)
        spread_token_ages(visitors.terminals, Random(order.plan.seed))  # noqa: S311 - reproducible on purpose
        gc.collect()
        gc.freeze()  # a nation that is looked through again and again for garbage would be the generator's lateness
        say(Ready())
        if await lines.readline() != GO:
            return
        executor, meter = Executor(RunStats(), AnswerSample()), _Meter()
        await _drive(
            order,
            visitors,
            pool,
            executor,
            [_tell(executor, say), _give_up_with(lines), meter.stop_at(order.plan.seconds)],
        )
        say(Done(stats=executor.stats.to_message(), usage=meter.usage(pool)))


class _Meter:
    """What driving takes of this process, up to the last visit's beginning: waiting for answers is little work."""

    def __init__(self) -> None:
        self._began, self._cpu = perf_counter(), process_time()
        self._spent: tuple[float, float] | None = None

    async def stop_at(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        self._spent = self._now()

    def usage(self, pool: ConnectionPool) -> GeneratorUsage:
        seconds, cpu_seconds = self._spent or self._now()
        return GeneratorUsage(
            seconds=seconds,
            cpu_seconds=cpu_seconds,
            memory_mib=processes.unshared_mib(os.getpid()),
            connections=pool.peak,
        )

    def _now(self) -> tuple[float, float]:
        return perf_counter() - self._began, process_time() - self._cpu


def max_connections() -> int:
    """How many connections this process may have, having asked for as many as it can get."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    return (
        _MAX_CONNECTIONS if most == resource.RLIM_INFINITY else min(_MAX_CONNECTIONS, most - _OTHER_FILES)
    )


def _read(line: bytes) -> Assignment:
    try:
        return Assignment.model_validate_json(line)
    except ValidationError as error:
        faults = "; ".join(": ".join([*map(str, row["loc"]), row["msg"]]) for row in error.errors())
        raise LoadError(f"a generator does not understand its order: {faults}") from None


async def _drive(
    order: Assignment, visitors: Visitors, pool: ConnectionPool, executor: Executor, beside: Sequence[Work]
) -> None:
    """The schedule to its end, with its disturbances, and whatever else goes on beside it as long."""
    rng = Random(order.plan.seed)  # noqa: S311 - reproducible on purpose
    histories = HistoryChecker()
    client = TerminalClient(pool, executor.request, rng)
    anew = reconnections(order.client_faults, visitors.terminals, client.sign_in_anew)
    schedule = merge(order.plan.schedule(visitors, client, histories), anew, key=attrgetter("at"))
    client_faults = [disturb(pool, visitors.terminals, client_fault) for client_fault in order.client_faults]
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(work) for work in (*beside, *client_faults)]
        await executor.run(schedule, order.plan.drain_seconds)
        for task in tasks:
            task.cancel()
    executor.stats.looks, executor.stats.histories_wrong = histories.judged()


async def _give_up_with(lines: Lines) -> None:
    await lines.readline()
    raise LoadError("the coordinator is gone")


async def _tell(executor: Executor, say: Say) -> None:
    """How it goes, and the answers that were kept, once a second and when this is cancelled: none is held long."""
    stats, began = executor.stats, perf_counter()
    while True:
        try:
            await asyncio.sleep(_PROGRESS_SECONDS)
        finally:
            if sampled := executor.sample.drain():
                say(Answers(sampled=sampled))
        said = Progress(
            seconds=perf_counter() - began,
            offered=stats.offered,
            answered=stats.answered,
            errors=stats.errors.total(),
            p99_ms=stats.checks.percentile_ms(0.99),
            cpu_seconds=process_time(),
            memory_mib=processes.unshared_mib(os.getpid()),
        )
        say(said)
