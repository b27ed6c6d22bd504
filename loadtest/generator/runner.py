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
from loadtest.generator.messages import GO, Answers, Done, Effort, Order, Progress, Ready, Said
from loadtest.http_client.pool import ConnectionPool
from loadtest.machine import processes
from loadtest.scenario.answer_sample import Sample
from loadtest.scenario.executor import Driver
from loadtest.scenario.history_check import Histories
from loadtest.scenario.run_stats import Seen
from loadtest.scenario.visits import Reception
from loadtest.target import LoadError
from loadtest.tasks import ungrouped

_MOST_CONNECTIONS = 10_000
"""At a time: of a fund that stands still, all who come within the time that a request may take want one."""

_OTHER_FILES = 100
_TIMEOUT_SECONDS = 10.0
_TELL_SECONDS = 1.0

Say = Callable[[Said], None]
Work = Coroutine[Any, Any, None]


class Lines(Protocol):
    """Where the coordinator is heard."""

    async def readline(self) -> bytes:
        """A line with its end; nothing where there are no more."""


async def generate(lines: Lines, say: Say) -> None:
    """Do what one order says. Raises LoadError, LineError."""
    with ungrouped():
        await _obey(_read(await lines.readline()), lines, say)


async def _obey(order: Order, lines: Lines, say: Say) -> None:
    visitors = order.visitors()
    url = str(order.fund_url)
    async with ConnectionPool(url, most=most_connections(), timeout_seconds=_TIMEOUT_SECONDS) as pool:
        await sign_in_all(pool, visitors.terminals)
        spread_token_ages(visitors.terminals, Random(order.plan.seed))  # noqa: S311 - reproducible on purpose
        gc.collect()
        gc.freeze()  # a nation that is looked through again and again for garbage would be the generator's lateness
        say(Ready())
        if await lines.readline() != GO:
            return
        driver, meter = Driver(Seen(), Sample()), _Meter()
        await _drive(
            order,
            visitors,
            pool,
            driver,
            [_tell(driver, say), _give_up_with(lines), meter.stop_at(order.plan.seconds)],
        )
        say(Done(seen=driver.seen.as_message(), effort=meter.effort(pool)))


class _Meter:
    """What driving takes of this process, up to the last visit's beginning: waiting for answers is little work."""

    def __init__(self) -> None:
        self._began, self._cpu = perf_counter(), process_time()
        self._spent: tuple[float, float] | None = None

    async def stop_at(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        self._spent = self._now()

    def effort(self, pool: ConnectionPool) -> Effort:
        seconds, cpu_seconds = self._spent or self._now()
        return Effort(
            seconds=seconds,
            cpu_seconds=cpu_seconds,
            memory_mib=processes.resident_mib(os.getpid()),
            connections=pool.peak,
        )

    def _now(self) -> tuple[float, float]:
        return perf_counter() - self._began, process_time() - self._cpu


def most_connections() -> int:
    """How many connections this process may have, having asked for as many as it can get."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    return (
        _MOST_CONNECTIONS if most == resource.RLIM_INFINITY else min(_MOST_CONNECTIONS, most - _OTHER_FILES)
    )


def _read(line: bytes) -> Order:
    try:
        return Order.model_validate_json(line)
    except ValidationError as error:
        faults = "; ".join(": ".join([*map(str, row["loc"]), row["msg"]]) for row in error.errors())
        raise LoadError(f"a generator does not understand its order: {faults}") from None


async def _drive(
    order: Order, visitors: Visitors, pool: ConnectionPool, driver: Driver, beside: Sequence[Work]
) -> None:
    """The schedule to its end, with its disturbances, and whatever else goes on beside it as long."""
    rng = Random(order.plan.seed)  # noqa: S311 - reproducible on purpose
    histories = Histories()
    reception = Reception(pool, driver.request, rng)
    anew = reconnections(order.disturbances, visitors.terminals, reception.sign_in_anew)
    schedule = merge(order.plan.schedule(visitors, reception, histories), anew, key=attrgetter("at"))
    disturbances = [disturb(pool, visitors.terminals, disturbance) for disturbance in order.disturbances]
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(work) for work in (*beside, *disturbances)]
        await driver.run(schedule, order.plan.drain_seconds)
        for task in tasks:
            task.cancel()
    driver.seen.looks, driver.seen.looks_wrong = histories.judged()


async def _give_up_with(lines: Lines) -> None:
    await lines.readline()
    raise LoadError("the coordinator is gone")


async def _tell(driver: Driver, say: Say) -> None:
    """How it goes, and the answers that were kept, once a second and when this is cancelled: none is held long."""
    seen, began = driver.seen, perf_counter()
    while True:
        try:
            await asyncio.sleep(_TELL_SECONDS)
        finally:
            if kept := driver.sample.drain():
                say(Answers(kept=kept))
        said = Progress(
            seconds=perf_counter() - began,
            offered=seen.offered,
            answered=seen.answered,
            errors=seen.errors.total(),
            p99_ms=seen.checks.percentile_ms(0.99),
            cpu_seconds=process_time(),
            memory_mib=processes.resident_mib(os.getpid()),
        )
        say(said)
