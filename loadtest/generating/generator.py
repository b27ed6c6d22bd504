"""One generator: takes an order, has its terminals signed in, waits for the word, drives, and says what it saw."""

from __future__ import annotations

import asyncio
import gc
import os
from collections.abc import Callable, Coroutine
from random import Random
from time import perf_counter, process_time
from typing import Any, Protocol

from pydantic import ValidationError

from loadtest.generating.disturbances import disturb
from loadtest.generating.messages import GO, Answers, Done, Effort, Order, Progress, Ready, Said
from loadtest.groups import ungrouped
from loadtest.line.pool import Pool
from loadtest.machine import proc
from loadtest.nation.terminals import as_if_signed_in_before, sign_in_all
from loadtest.nation.visitors import Visitors
from loadtest.rush.drive import Driver
from loadtest.rush.sample import Sample
from loadtest.rush.seen import Seen
from loadtest.rush.visits import Reception
from loadtest.surroundings import LoadError

_MOST_CONNECTIONS = 1000
_TIMEOUT_SECONDS = 10.0
_TELL_SECONDS = 1.0
_ANSWERS_IN_A_LINE = 200

Say = Callable[[Said], None]


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
    async with Pool(url, most=_MOST_CONNECTIONS, timeout_seconds=_TIMEOUT_SECONDS) as pool:
        await sign_in_all(pool, visitors.terminals)
        as_if_signed_in_before(visitors.terminals, Random(order.plan.seed))  # noqa: S311 - reproducible on purpose
        gc.collect()
        gc.freeze()  # a nation that is looked through again and again for garbage would be the generator's lateness
        say(Ready())
        if await lines.readline() != GO:
            return
        began, cpu = perf_counter(), process_time()
        driver = await _drive(order, visitors, pool, lines, say)
        effort = Effort(
            seconds=perf_counter() - began,
            cpu_seconds=process_time() - cpu,
            memory_mib=proc.resident_mib(os.getpid()),
            connections=pool.peak,
        )
    kept = driver.sample.kept
    for place in range(0, len(kept), _ANSWERS_IN_A_LINE):
        say(Answers(kept=kept[place : place + _ANSWERS_IN_A_LINE]))
    say(Done(seen=driver.seen.as_message(), effort=effort))


def _read(line: bytes) -> Order:
    try:
        return Order.model_validate_json(line)
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, row['loc']))}: {row['msg']}" for row in error.errors())
        raise LoadError(f"a generator does not understand its order: {faults}") from None


async def _drive(order: Order, visitors: Visitors, pool: Pool, lines: Lines, say: Say) -> Driver:
    """The schedule to its end, and beside it the disturbances; given up when the coordinator is gone."""
    driver = Driver(Seen(), Sample())
    rng = Random(order.plan.seed)  # noqa: S311 - reproducible on purpose
    schedule = order.plan.schedule(visitors, Reception(pool, driver.request, rng))
    beside: list[Coroutine[Any, Any, None]] = [_tell(driver, say), _give_up_with(lines)]
    beside += [disturb(pool, visitors.terminals, disturbance) for disturbance in order.disturbances]
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(work) for work in beside]
        await driver.run(schedule, order.plan.drain_seconds)
        for task in tasks:
            task.cancel()
    return driver


async def _give_up_with(lines: Lines) -> None:
    await lines.readline()
    raise LoadError("the coordinator is gone")


async def _tell(driver: Driver, say: Say) -> None:
    seen, began = driver.seen, perf_counter()
    while True:
        await asyncio.sleep(_TELL_SECONDS)
        said = Progress(
            seconds=perf_counter() - began,
            offered=seen.offered,
            answered=seen.answered,
            errors=seen.errors.total(),
            p99_ms=seen.checks.percentile_ms(0.99),
            cpu_seconds=process_time(),
            memory_mib=proc.resident_mib(os.getpid()),
        )
        say(said)
