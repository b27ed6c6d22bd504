"""Measures idleness, each kind of request on its own at one rate, and a validation with another rate and mix.

The kinds take turns in rounds, so that any other load on the machine affects all of them. Visits arrive by an
open-loop schedule, as in any load; the processor time of this process is not part of the measurement.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from math import ceil
from random import Random

from loadtest.arrivals import RatePeriod, arrivals
from loadtest.clock import now
from loadtest.dataset.provision import Dataset
from loadtest.dataset.terminals import sign_in_all
from loadtest.errors import LoadError
from loadtest.planning.apportionment import (
    NEWEST_RECORD,
    NONCE_WIDTHS,
    NONCES_TABLE,
    RECORD_WIDTHS,
    RECORDS_TABLE,
    REQUEST_OF_RECORD,
    apportion,
)
from loadtest.planning.costs import NO_CONSUMPTION, PROCESSORS, Consumption, Costs
from loadtest.planning.demand import BATCH_ROW, requests_of_1000_checks
from loadtest.planning.meter import Meter
from loadtest.planning.request_kinds import RequestKinds, Visit
from loadtest.planning.wire import MeteredConnectionPool
from loadtest.scenario.answer_check import REFUSALS
from loadtest.scenario.answer_sample import AnswerSample, SampledAnswer
from loadtest.scenario.batches import BatchClient
from loadtest.scenario.executor import Executor, ScheduledBatch, ScheduledVisit
from loadtest.scenario.levels import LEVELS, PRESCRIPTIONS
from loadtest.scenario.plan import Plan
from loadtest.scenario.run_stats import RunStats
from loadtest.scenario.visits import TerminalClient
from loadtest.target import Progress

ROUNDS = 2
KIND_CORES = 0.35
"""Cores that the fund should be busy with while one kind is measured."""

VALIDATION_CORES = (0.70, 0.35, 0.15)
"""The same in the validation: the next less, where the machine's other programs leave so little that the fund refuses."""

VALIDATION_LEVEL = replace(LEVELS["L2"], prescriptions=PRESCRIPTIONS)
"""The mix of the validation: it contains every kind that follows from a check."""

VALIDATION = "validation"

_WARM_UP_VISITS_PER_S, _MAX_WARM_UP_VISITS, _WARM_UP_CONCURRENCY = 40, 200, 16
"""Visits before a kind is measured for each second of that, and their maximum: a plan in short needs no long warm-up."""

_MIN_PER_S, _MAX_PER_S = 2.0, 400.0
_BATCH_ROWS_PER_S = 100
"""Rows per second of measurement: as many as the fund's job runner processes at a time."""


@dataclass(frozen=True, slots=True)
class MeasurementResult:
    """The costs, and the validation's consumption and sampled answers."""

    costs: Costs
    validation: Consumption
    rates: Mapping[str, float]
    """Visits per second at which each kind was measured; `validation`: checks per second."""

    token_seconds: float
    """The validity of a token, as the fund returns it."""

    sampled: list[SampledAnswer]
    validation_began_at: datetime


class FundOverloaded(LoadError):
    """The fund refused requests, and failed none: more was offered than it could do at the time."""


@dataclass(frozen=True, slots=True)
class _Validated:
    checks_per_s: float
    consumption: Consumption
    sampled: list[SampledAnswer]
    began_at: datetime


class Measurement:
    """Measures one deployment. Any failure ends it, since a rejected request has another cost."""

    def __init__(
        self,
        dataset: Dataset,
        pool: MeteredConnectionPool,
        meter: Meter,
        *,
        seconds: float,
        seed: int,
        progress: Progress,
    ) -> None:
        self._dataset, self._pool, self._meter = dataset, pool, meter
        self._seconds, self._seed, self._progress = seconds, seed, progress
        # Separate generators: the number of arrivals must not depend on how quickly requests are answered.
        self._rng, self._arrivals_rng = Random(seed), Random(seed + 1)  # noqa: S311 - reproducible on purpose
        self._kinds = RequestKinds(dataset.visitors, self._rng)

    async def measure(self) -> MeasurementResult:
        """Measure everything, in order. Raises LoadError, ConnectionFailed, asyncpg's errors."""
        await sign_in_all(self._pool, self._dataset.terminals)
        visits = self._kinds.by_kind()
        newest = [row["newest"] for row in await self._meter.query(NEWEST_RECORD)]
        await self._prepare()
        self._progress(f"warming up: {', '.join(visits)}")
        rates = {kind: await self._warm_up(visit) for kind, visit in visits.items()}
        self._progress(f"idleness, for {self._seconds / 2:g} s")
        idle = await self._idle(self._seconds / 2)
        by_kind = await self._rounds(visits, rates)
        costs = Costs.solve(idle, list(by_kind.items()))
        widths = await self._record_widths(newest[0] if newest else None)
        costs = apportion(costs, RECORDS_TABLE, widths, by_kind.values())
        costs = apportion(costs, NONCES_TABLE, NONCE_WIDTHS, by_kind.values())
        validated = await self._validation(costs)
        rates[VALIDATION] = validated.checks_per_s
        token_seconds = await self._token_seconds()
        return MeasurementResult(
            costs, validated.consumption, rates, token_seconds, validated.sampled, validated.began_at
        )

    async def _validation(self, costs: Costs) -> _Validated:
        *higher, lowest = VALIDATION_CORES
        for cores in higher:
            with suppress(FundOverloaded):
                return await self._validate_with(costs, cores)
        return await self._validate_with(costs, lowest)

    async def _validate_with(self, costs: Costs, cores: float) -> _Validated:
        checks_per_s = validation_rate(costs, cores)
        self._progress(f"validation: {checks_per_s:.0f} checks/s for {2 * self._seconds:g} s")
        began_at, sample = now(), AnswerSample()
        consumption = await self._validate(checks_per_s, 2 * self._seconds, sample)
        return _Validated(checks_per_s, consumption, sample.sampled, began_at)

    async def _rounds(
        self, visits: Mapping[str, Visit], rates: Mapping[str, float]
    ) -> Mapping[str, Consumption]:
        """The consumption of each kind over all rounds."""
        seconds = self._seconds / ROUNDS
        by_kind = dict.fromkeys([*visits, BATCH_ROW], NO_CONSUMPTION)
        for number in range(1, ROUNDS + 1):
            await self._prepare()
            self._progress(f"round {number} of {ROUNDS}: each kind on its own for {seconds:g} s")
            for kind, visit in visits.items():
                by_kind[kind] += await self._measure_kind(visit, rates[kind], seconds)
            by_kind[BATCH_ROW] += await self._measure_batch(seconds)
        if missing := [kind for kind, consumed in by_kind.items() if not consumed.requests.get(kind)]:
            raise LoadError(
                f"no request arrived of: {', '.join(missing)}; each kind must be measured for longer"
            )
        return by_kind

    async def _record_widths(self, after: str | None) -> dict[str, float]:
        """The mean width of the audit records that each kind of request leaves."""
        rows = await self._meter.query(RECORD_WIDTHS, after)
        return {
            REQUEST_OF_RECORD[row["kind"]]: row["width"] for row in rows if row["kind"] in REQUEST_OF_RECORD
        }

    async def _prepare(self) -> None:
        await self._kinds.prepare(TerminalClient(self._pool, _ignore))

    async def _warm_up(self, visit: Visit) -> float:
        """Fill the connections and plans that a kind uses; returns the rate at which to measure it."""
        client = TerminalClient(self._pool, _ignore)
        before = await self._meter.read()
        visits = min(_MAX_WARM_UP_VISITS, ceil(self._seconds * _WARM_UP_VISITS_PER_S))
        remaining = iter(range(visits))
        await asyncio.gather(*(self._repeat(visit, client, remaining) for _ in range(_WARM_UP_CONCURRENCY)))
        consumed = (await self._meter.read()).since(before, {})
        cpu = sum(consumed.amounts.get(name, 0.0) for name in PROCESSORS)
        rate = KIND_CORES * visits / cpu if cpu else _MAX_PER_S
        return round(min(_MAX_PER_S, max(_MIN_PER_S, rate)), 1)

    async def _repeat(self, visit: Visit, client: TerminalClient, remaining: Iterator[int]) -> None:
        for _ in remaining:
            outcome = await visit(client)
            if outcome.failure not in (None, *REFUSALS):
                raise LoadError(f"a request failed during the warm-up: {outcome.failure}")

    async def _idle(self, seconds: float) -> Consumption:
        before = await self._meter.read()
        await asyncio.sleep(seconds)
        return (await self._meter.read()).since(before, {})

    async def _measure_kind(self, visit: Visit, per_s: float, seconds: float) -> Consumption:
        executor = Executor(RunStats(), AnswerSample())
        client = TerminalClient(self._pool, executor.on_response)
        instants = arrivals([RatePeriod(seconds, per_s)], self._arrivals_rng)
        schedule = (ScheduledVisit(at, None, partial(visit, client)) for at in instants)
        return await self._execute(executor, schedule)

    async def _validate(self, checks_per_s: float, seconds: float, sample: AnswerSample) -> Consumption:
        executor = Executor(RunStats(), sample)
        client = TerminalClient(self._pool, executor.on_response)
        plan = Plan(VALIDATION_LEVEL, seconds, checks_per_s / VALIDATION_LEVEL.checks_per_s, self._seed)
        return await self._execute(executor, plan.schedule(self._kinds.visitors, client))

    async def _token_seconds(self) -> float:
        outcome = await TerminalClient(self._pool, _ignore).sign_in(self._kinds.terminal())
        if outcome.failure is not None:
            raise LoadError(f"a terminal could not sign in: {outcome.failure}")
        return float(json.loads(outcome.body)["expires_in"])

    async def _execute(
        self, executor: Executor, schedule: Iterator[ScheduledVisit | ScheduledBatch]
    ) -> Consumption:
        before = await self._meter.read()
        await executor.run(schedule)
        after = await self._meter.read()
        if errors := +executor.stats.errors:
            counts = ", ".join(f"{count} × {code}" for code, count in errors.items())
            kind = FundOverloaded if errors.keys() == {"overloaded"} else LoadError
            raise kind(f"errors during the measurement: {counts}")
        requests = {kind: histogram.count for kind, histogram in executor.stats.requests.items()}
        if others := requests.keys() - self._kinds.by_kind().keys():
            raise LoadError(f"unexpected requests during the measurement: {', '.join(sorted(others))}")
        return after.since(before, requests)

    async def _measure_batch(self, seconds: float) -> Consumption:
        rows = max(1, round(seconds * _BATCH_ROWS_PER_S))
        draw = self._dataset.visitors.membership_sampler()
        memberships = [draw(self._rng) for _ in range(rows)]
        batches = BatchClient(TerminalClient(self._pool, _ignore))
        before = await self._meter.read()
        outcomes = await batches.check(self._kinds.terminal(), memberships)
        if failures := {outcome.failure for outcome in outcomes} - {None, *REFUSALS}:
            raise LoadError(f"a batch failed during the measurement: {', '.join(map(str, failures))}")
        return (await self._meter.read()).since(before, {BATCH_ROW: rows})


def validation_rate(costs: Costs, cores: float) -> float:
    """The checks per second of VALIDATION_LEVEL that are predicted to keep so many cores busy."""
    of_1000_checks = costs.predict(0.0, requests_of_1000_checks(VALIDATION_LEVEL))
    cpu = sum(of_1000_checks.get(name, 0.0) for name in PROCESSORS) / 1000
    idle = sum(costs.idle.get(name, 0.0) for name in PROCESSORS)
    return round(min(_MAX_PER_S, max(_MIN_PER_S, (cores - idle) / cpu)), 1)


def _ignore(name: str, seconds: float) -> None:
    """The latency callback of requests whose latencies are not recorded."""
