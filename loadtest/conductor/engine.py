"""One worker's engine: its visits, in a thread with an event loop of its own.

They arrive by the schedule of its assignment, or at a rate that is conducted. Other threads call `begin`, `set_rate`,
`end` and `close`, and take from `handed` and `done`; nothing is locked: assignments of single attributes and a deque's
methods are atomic.
"""

from __future__ import annotations

import asyncio
import gc
import os
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from random import Random
from time import process_time
from typing import Any

import uvloop

from loadtest.arrivals import arrivals
from loadtest.clock import now
from loadtest.conductor.live_arrivals import LiveArrivals, LiveKinds
from loadtest.conductor.orders import FAILED, PREPARING, READY, RUNNING
from loadtest.conductor.samples import ConductedStats, Samples
from loadtest.dataset.terminals import sign_in_all, spread_token_ages
from loadtest.dataset.visitors import Visitors
from loadtest.errors import LoadError
from loadtest.generator.messages import Answers, Assignment
from loadtest.generator.scheduled_run import run_schedule
from loadtest.http_client.connection import ConnectionFailed
from loadtest.http_client.pool import ConnectionPool, max_connections
from loadtest.machine import processes
from loadtest.scenario.answer_sample import AnswerSample
from loadtest.scenario.batches import MEAN_ROWS
from loadtest.scenario.executor import Executor, ScheduledBatch, ScheduledVisit
from loadtest.scenario.history_check import HistoryChecker
from loadtest.scenario.levels import Shape
from loadtest.scenario.plan import Plan, VisitFactory
from loadtest.scenario.run_stats import RunStats
from loadtest.scenario.visits import TerminalClient
from loadtest.tasks import cancel_and_wait, unwrap_exception_group

_Run = Callable[[Visitors, ConnectionPool], Awaitable[None]]

HAND_OVER_SECONDS = 0.5
TIMEOUT_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class HandedOver:
    """What was measured in half a second. `answers`: of the sample, as a line; `began_at`: start of the run, ISO 8601."""

    samples: Samples
    answers: bytes | None
    began_at: str


class Engine:
    """Runs one assignment's visitors, in one run after the other. `done`: the line of a schedule's result."""

    def __init__(self, assignment: Assignment) -> None:
        self.state, self.failure = PREPARING, ""
        self.handed: deque[HandedOver] = deque()
        self.done: bytes | None = None
        self._assignment = assignment
        self._rate = 0.0
        self._arrivals: LiveArrivals | None = None
        self._executor: Executor | None = None
        self._pool: ConnectionPool | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._runs: asyncio.Queue[_Run | None] = asyncio.Queue()
        self._ended = asyncio.Event()

    def run(self) -> None:
        """The thread's work: prepare, then do one run after the other until `close`."""
        processes.wake_without_interrupting()
        try:
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner, unwrap_exception_group():
                runner.run(self._main())
        except (LoadError, ConnectionFailed, OSError, ValueError) as error:
            self.failure, self.state = str(error) or type(error).__name__, FAILED
        except BaseException as error:
            self.failure, self.state = type(error).__name__, FAILED
            raise

    def begin(self, plan: Plan | None) -> None:
        """Begin a run of this worker's share of a plan, conducted; None: of its assignment's schedule."""
        self.state = RUNNING
        run = self._run_schedule if plan is None else partial(self._run_conducted, plan)
        self._call(self._order, run)

    def set_rate(self, per_second: float) -> None:
        """Let so many checks a second arrive from now on, in a run that is conducted."""
        self._rate = per_second
        if self._arrivals is not None:
            self._arrivals.per_second = per_second

    def end(self) -> None:
        """End the run, then the engine is ready: of a conducted one the last visits are awaited, a schedule is given up."""
        self._call(self._ended.set)

    def close(self) -> None:
        """End the run and the thread."""
        self.end()
        self._call(self._runs.put_nowait, None)

    def report(self) -> dict[str, Any]:
        """The present figures of this generator, for people."""
        executor, pool = self._executor, self._pool
        stats = executor.stats if executor else None
        return {
            "state": self.state,
            "failure": self.failure,
            "rate": self._rate,
            "in_flight": executor.in_flight if executor else 0,
            "offered": stats.offered if stats else 0,
            "answered": stats.answered if stats else 0,
            "errors": stats.errors.total() if stats else 0,
            "p99_ms": stats.checks.percentile_ms(0.99) if stats else 0.0,
            "start_delay_p99_ms": stats.start_delays.percentile_ms(0.99) if stats else 0.0,
            "connections": pool.peak if pool else 0,
            "cpu_seconds": process_time(),
            "memory_mib": processes.unshared_mib(os.getpid()),
        }

    def _order(self, run: _Run) -> None:
        """Called in the loop, in the order of the commands: an end that follows at once must not be lost."""
        self._ended.clear()
        self._runs.put_nowait(run)

    def _call(self, function: Any, *arguments: Any) -> None:
        if self._loop is not None:
            with suppress(RuntimeError):  # the loop has been closed
                self._loop.call_soon_threadsafe(function, *arguments)

    async def _main(self) -> None:
        self._loop = asyncio.get_running_loop()
        visitors, plan = self._assignment.visitors(), self._assignment.plan
        url = str(self._assignment.fund_url)
        async with ConnectionPool(
            url, max_connections=max_connections(), timeout_seconds=TIMEOUT_SECONDS, of_many_sites=True
        ) as pool:
            self._pool = pool
            await sign_in_all(pool, visitors.terminals)
            spread_token_ages(visitors.terminals, Random(plan.seed))  # noqa: S311 - no secret
            gc.collect()
            gc.freeze()  # otherwise collections would traverse the whole dataset and delay visits
            self.state = READY
            while (run := await self._runs.get()) is not None:
                await run(visitors, pool)
                self.state = READY

    async def _run_schedule(self, visitors: Visitors, pool: ConnectionPool) -> None:
        self._executor = executor = Executor(RunStats(), AnswerSample())
        began_at = now().isoformat()
        handing_over = asyncio.create_task(self._hand_over_regularly(executor, began_at))
        running = asyncio.create_task(run_schedule(self._assignment, visitors, pool, executor))
        ended = asyncio.create_task(self._ended.wait())
        await asyncio.wait([running, ended], return_when=asyncio.FIRST_COMPLETED)
        ended.cancel()
        await cancel_and_wait(handing_over)
        self._hand_over(executor, began_at)
        if running.done():
            self.done = running.result().to_line()  # the last: who sees it takes nothing more
        running.cancel()

    async def _run_conducted(self, plan: Plan, visitors: Visitors, pool: ConnectionPool) -> None:
        stats, sample, checker = ConductedStats(now), AnswerSample(), HistoryChecker()
        self._executor = executor = Executor(stats, sample)
        client = TerminalClient(pool, executor.on_response, Random(plan.seed))  # noqa: S311 - no secret
        factory = VisitFactory(plan, visitors, client, checker)
        self._arrivals = LiveArrivals(Random(plan.seed))  # noqa: S311 - no secret
        began_at = now().isoformat()
        executor.begin()
        self.set_rate(self._rate)
        handing_over = asyncio.create_task(self._hand_over_regularly(executor, began_at))
        streams = [
            asyncio.create_task(self._checks(plan, visitors, factory)),
            asyncio.create_task(_sign_ins(plan, executor, factory)),
        ]
        await self._ended.wait()
        for stream in streams:
            await cancel_and_wait(stream)
        self._arrivals = None
        await executor.drain(plan.drain_seconds)
        await cancel_and_wait(handing_over)
        _, wrong = checker.results()
        for fault, count in wrong.items():
            for _ in range(count):
                stats.error(f"wrong: {fault}", executor.now())
        self._hand_over(executor, began_at)

    async def _checks(self, plan: Plan, visitors: Visitors, factory: VisitFactory) -> None:
        """Start the checks that arrive, or batches of them."""
        executor, live = self._executor, self._arrivals
        assert executor is not None
        assert live is not None
        in_batches = plan.level.shape is Shape.BATCHES
        kinds = LiveKinds(plan, visitors, Random(plan.seed + 1)) if plan.level.shape is Shape.DAY else None  # noqa: S311
        left = 0.0

        async def until(at: float) -> None:
            await asyncio.sleep(max(0.0, at - executor.now()))

        async for at in live.stream(executor.now, until):
            scheduled: ScheduledVisit | ScheduledBatch
            if in_batches:
                left += 1.0
                if left < MEAN_ROWS:
                    continue
                left -= MEAN_ROWS
                scheduled = factory.batch(at)
            else:
                scheduled = factory.check(at, kinds.draw(at) if kinds else None)
            await executor.start(scheduled)

    async def _hand_over_regularly(self, executor: Executor, began_at: str) -> None:
        while True:
            await asyncio.sleep(HAND_OVER_SECONDS)
            self._hand_over(executor, began_at)

    def _hand_over(self, executor: Executor, began_at: str) -> None:
        """Hand over what was measured for Locust, unless the run has its own report, and the answers of the sample."""
        stats = executor.stats
        samples = stats.take() if isinstance(stats, ConductedStats) else Samples()
        sampled = executor.sample.drain()
        line = Answers(sampled=sampled).to_line() if sampled else None
        self.handed.append(HandedOver(samples, line, began_at))


async def _sign_ins(plan: Plan, executor: Executor, factory: VisitFactory) -> None:
    """The sign-ins of a storm, at their own rate."""
    for at in arrivals(plan.sign_ins, Random(plan.seed + 1)):  # noqa: S311 - no secret
        await executor.start(factory.sign_in(at))
