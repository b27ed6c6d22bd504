"""Runs one generator's schedule: the visits that its seed draws, and its client faults."""

from __future__ import annotations

import asyncio
import os
from heapq import merge
from operator import attrgetter
from random import Random
from time import perf_counter, process_time

from loadtest.dataset.visitors import Visitors
from loadtest.generator.client_faults import apply_client_fault, scheduled_sign_ins
from loadtest.generator.messages import Assignment, Done, GeneratorUsage
from loadtest.http_client.pool import ConnectionPool
from loadtest.machine import processes
from loadtest.scenario.executor import Executor
from loadtest.scenario.history_check import HistoryChecker
from loadtest.scenario.visits import TerminalClient


async def run_schedule(
    assignment: Assignment, visitors: Visitors, pool: ConnectionPool, executor: Executor
) -> Done:
    """Run an assignment's plan to its last answer. `visitors`: the assignment's, whose terminals are signed in."""
    rng = Random(assignment.plan.seed)  # noqa: S311 - reproducible on purpose
    history_checker = HistoryChecker()
    client = TerminalClient(pool, executor.on_response, rng)
    sign_ins = scheduled_sign_ins(assignment.client_faults, visitors.terminals, client.sign_in_again)
    visits = assignment.plan.schedule(visitors, client, history_checker)
    meter = _UsageMeter()
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(meter.stop_at(assignment.plan.seconds))] + [
            group.create_task(apply_client_fault(pool, visitors.terminals, client_fault))
            for client_fault in assignment.client_faults
        ]
        await executor.run(merge(visits, sign_ins, key=attrgetter("at")), assignment.plan.drain_seconds)
        for task in tasks:
            task.cancel()
    stats = executor.stats
    stats.histories_compared, stats.histories_wrong = history_checker.results()
    return Done(stats=stats.to_message(), usage=meter.usage(pool))


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
