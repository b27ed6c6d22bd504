"""Measuring: idleness, each kind of request by itself at one rate, and a second point of another rate and mix.

Kinds take turns in rounds, so that whatever else the machine does falls on all of them. Everybody comes by an open
schedule, as in any load; the processor time of this process is no part of what is measured.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from random import Random

from loadtest.clock import now
from loadtest.dataset.provision import Dataset
from loadtest.target import Progress
from loadtest.dataset.terminals import sign_in_all
from loadtest.planning.apportionment import NEWEST, RECORDS, REQUESTS, SPENDING, SPENT, WIDTHS, share_out
from loadtest.planning.costs import NOTHING_TAKEN, PROCESSORS, Costs, Taken
from loadtest.planning.demand import BATCH_ROW, of_a_thousand_checks
from loadtest.planning.meter import Meter, MeteredConnectionPool
from loadtest.planning.request_kinds import Asking, Visit
from loadtest.scenario.answer_check import REFUSALS
from loadtest.scenario.answer_sample import Sample, SampledAnswer
from loadtest.scenario.arrivals import RatePeriod, arrivals
from loadtest.scenario.batches import BatchClient
from loadtest.scenario.executor import Executor, ScheduledBatch, ScheduledVisit
from loadtest.scenario.levels import LEVELS, PRESCRIPTIONS
from loadtest.scenario.plan import Plan
from loadtest.scenario.run_stats import RunStats
from loadtest.scenario.visits import TerminalClient
from loadtest.target import LoadError

ROUNDS = 2
FIRST_BUSY, SECOND_BUSY = 0.35, 0.70
"""Cores that the fund is to be busy with while a kind is measured, and at the second point."""

SECOND_LEVEL = replace(LEVELS["L2"], prescriptions=PRESCRIPTIONS)
"""Whose mix the second point has: every kind that follows from a check."""

_WARM_VISITS, _WARM_AT_ONCE = 200, 16
_LEAST_PER_S, _MOST_PER_S = 2.0, 400.0
_BATCH_ROWS_PER_S = 100
"""Rows for each second that a kind is measured: as many as the fund's worker takes by itself."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What was seen. `kept`: answers of the second point, for the naive model."""

    costs: Costs
    second: Taken
    rates: Mapping[str, float]
    """At how many visits a second each kind was measured; `second point`: checks a second."""

    token_seconds: float
    """The life of a token, as the fund tells it."""

    kept: list[SampledAnswer]
    second_began_at: datetime


class Measuring:
    """Measures one house. Nothing may go wrong in it: a request that is refused costs something else."""

    def __init__(
        self,
        dataset: Dataset,
        pool: MeteredConnectionPool,
        meter: Meter,
        *,
        seconds: float,
        seed: int,
        tell: Progress,
    ) -> None:
        self._nation, self._pool, self._meter = dataset, pool, meter
        self._seconds, self._seed, self._tell = seconds, seed, tell
        # Apart from each other: how many come must not depend on how quickly they are answered.
        self._rng, self._coming = Random(seed), Random(seed + 1)  # noqa: S311 - reproducible on purpose
        self._asking = Asking(dataset.visitors, self._rng)

    async def measure(self) -> Measured:
        """Everything, in its order. Raises LoadError, ConnectionFailed, asyncpg's errors."""
        await sign_in_all(self._pool, self._nation.terminals)
        visits = self._asking.visits()
        newest = [row["newest"] for row in await self._meter.ask(NEWEST)]
        await self._prepare()
        self._tell(f"warming up: {', '.join(visits)}")
        rates = {kind: await self._warm(visit) for kind, visit in visits.items()}
        self._tell(f"idleness, for {self._seconds / 2:g} s")
        idle = await self._idle(self._seconds / 2)
        by_kind = dict.fromkeys([*visits, BATCH_ROW], NOTHING_TAKEN)
        for place in range(ROUNDS):
            await self._prepare()
            self._tell(f"round {place + 1} of {ROUNDS}: each kind by itself for {self._seconds / ROUNDS:g} s")
            for kind, visit in visits.items():
                by_kind[kind] += await self._asked(visit, rates[kind], self._seconds / ROUNDS)
            by_kind[BATCH_ROW] += await self._batch(self._seconds / ROUNDS)
        if missing := [kind for kind, taken in by_kind.items() if not taken.requests.get(kind)]:
            raise LoadError(
                f"nobody came with: {', '.join(missing)}; each kind has to be measured for longer"
            )
        costs = Costs.solve(idle, list(by_kind.items()))
        widths = await self._widths(newest[0] if newest else None)
        costs = share_out(costs, RECORDS, widths, by_kind.values())
        costs = share_out(costs, SPENT, SPENDING, by_kind.values())
        rates["second point"] = checks_per_s = second_rate(costs)
        self._tell(f"the second point: {checks_per_s:.0f} checks/s for {2 * self._seconds:g} s")
        started_at, sample = now(), Sample()
        second = await self._second(checks_per_s, 2 * self._seconds, sample)
        return Measured(costs, second, rates, await self._token_seconds(), sample.sampled, started_at)

    async def _widths(self, after: str | None) -> dict[str, float]:
        """How wide the records are that each kind of request leaves."""
        rows = await self._meter.ask(WIDTHS, after)
        return {REQUESTS[row["kind"]]: row["width"] for row in rows if row["kind"] in REQUESTS}

    async def _prepare(self) -> None:
        await self._asking.prepare(TerminalClient(self._pool, _untimed))

    async def _warm(self, visit: Visit) -> float:
        """Make every connection and every plan that a kind needs; the rate at which it is to be measured."""
        client = TerminalClient(self._pool, _untimed)
        before = await self._meter.read()
        left = iter(range(_WARM_VISITS))
        await asyncio.gather(*(self._keep_on(visit, client, left) for _ in range(_WARM_AT_ONCE)))
        taken = (await self._meter.read()).since(before, {})
        spent = sum(taken.amounts.get(name, 0.0) for name in PROCESSORS)
        wanted = FIRST_BUSY * _WARM_VISITS / spent if spent else _MOST_PER_S
        return round(min(_MOST_PER_S, max(_LEAST_PER_S, wanted)), 1)

    async def _keep_on(self, visit: Visit, client: TerminalClient, left: Iterator[int]) -> None:
        for _ in left:
            outcome = await visit(client)
            if outcome.failure not in (None, *REFUSALS):
                raise LoadError(f"a request that is to be measured was refused: {outcome.failure}")

    async def _idle(self, seconds: float) -> Taken:
        before = await self._meter.read()
        await asyncio.sleep(seconds)
        return (await self._meter.read()).since(before, {})

    async def _asked(self, visit: Visit, per_s: float, seconds: float) -> Taken:
        """One kind by itself."""
        driver = Executor(RunStats(), Sample())
        client = TerminalClient(self._pool, driver.on_response)
        instants = arrivals([RatePeriod(seconds, per_s)], self._coming)
        return await self._driven(
            driver, (ScheduledVisit(at, None, partial(visit, client)) for at in instants)
        )

    async def _second(self, checks_per_s: float, seconds: float, sample: Sample) -> Taken:
        driver = Executor(RunStats(), sample)
        client = TerminalClient(self._pool, driver.on_response)
        plan = Plan(SECOND_LEVEL, seconds, checks_per_s / SECOND_LEVEL.checks_per_s, self._seed)
        return await self._driven(driver, plan.schedule(self._asking.visitors, client))

    async def _token_seconds(self) -> float:
        signed_in = await TerminalClient(self._pool, _untimed).sign_in(self._asking.terminal())
        if signed_in.failure is not None:
            raise LoadError(f"a terminal could not sign in: {signed_in.failure}")
        return float(json.loads(signed_in.body)["expires_in"])

    async def _driven(self, driver: Executor, dues: Iterator[ScheduledVisit | ScheduledBatch]) -> Taken:
        before = await self._meter.read()
        await driver.run(dues)
        after = await self._meter.read()
        if errors := +driver.stats.errors:
            said = ", ".join(f"{count} × {code}" for code, count in errors.items())
            raise LoadError(f"what is to be measured did not go without errors: {said}")
        requests = {kind: times.count for kind, times in driver.stats.requests.items()}
        if others := requests.keys() - self._asking.visits().keys():
            raise LoadError(f"what is to be measured was disturbed by: {', '.join(sorted(others))}")
        return after.since(before, requests)

    async def _batch(self, seconds: float) -> Taken:
        rows = max(1, round(seconds * _BATCH_ROWS_PER_S))
        draw = self._nation.visitors.membership_sampler()
        asked = [draw(self._rng) for _ in range(rows)]
        before = await self._meter.read()
        outcomes = await BatchClient(TerminalClient(self._pool, _untimed)).check(
            self._asking.terminal(), asked
        )
        if failures := {outcome.failure for outcome in outcomes} - {None, *REFUSALS}:
            raise LoadError(f"a batch that is to be measured failed: {', '.join(map(str, failures))}")
        return (await self._meter.read()).since(before, {BATCH_ROW: rows})


def second_rate(costs: Costs) -> float:
    """Checks a second of the second mix that are foretold to keep the fund so busy."""
    of_a_check = costs.predict(0.0, of_a_thousand_checks(SECOND_LEVEL))
    spent = sum(of_a_check.get(name, 0.0) for name in PROCESSORS) / 1000
    idle = sum(costs.idle.get(name, 0.0) for name in PROCESSORS)
    return round(min(_MOST_PER_S, max(_LEAST_PER_S, (SECOND_BUSY - idle) / spent)), 1)


def _untimed(what: str, seconds: float) -> None:
    """For requests that nobody counts."""
