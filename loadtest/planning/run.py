"""A plan from nothing: a house, a nation in it, the measurement, then the arithmetic."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack
from pathlib import Path

import asyncpg
import uvloop
from pydantic import AnyHttpUrl

from eligibility_api.contract.line import is_loopback
from loadtest.clock import today_in_japan
from loadtest.dataset.provision import Dataset, DatasetSize, provision
from loadtest.target import Progress
from loadtest.planning.deployment import House
from loadtest.planning.measurement import Measured, Measuring
from loadtest.planning.meter import Meter, MeteredConnectionPool
from loadtest.planning.report import PlanReport
from loadtest.planning.survey import survey
from loadtest.scenario.answer_check import Judge
from loadtest.target import LoadError, TargetEnvironment, open_target

_MAX_CONNECTIONS, _TIMEOUT_SECONDS = 500, 10.0


def run_plan(
    size: DatasetSize, *, seconds: float, seed: int, workers: int, folder: Path, tell: Progress
) -> PlanReport:
    """Measure each kind of request for `seconds`, on the running house or one of our own, and plan with it.

    Everything made lies in `folder`. Raises LoadError, ConnectionFailed, OSError.
    """
    with ExitStack() as stack:
        tell("a house to measure")
        target = stack.enter_context(open_target(folder, workers=workers))
        if not is_loopback(AnyHttpUrl(target.fund_url)):
            raise LoadError("load goes to loopback addresses only")
        dataset = provision(target, size, folder, tell)
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            measured, house = runner.run(_measured(target, dataset, seconds, seed, tell))
    tell(f"{len(measured.kept)} answers against the naive model")
    judge = Judge(dataset.answer_index, measured.second_began_at)
    wrong = judge.wrong(measured.kept, today_in_japan())
    sizes = {"people": size.people, "cards": size.cards, "terminals": len(dataset.terminals)}
    return PlanReport(
        measured.costs, measured.second, house, measured.rates, len(measured.kept), wrong, sizes
    )


async def _measured(
    target: TargetEnvironment, dataset: Dataset, seconds: float, seed: int, tell: Progress
) -> tuple[Measured, House]:
    async with MeteredConnectionPool(
        target.fund_url, max_connections=_MAX_CONNECTIONS, timeout_seconds=_TIMEOUT_SECONDS
    ) as pool:
        try:
            async with Meter(target, pool) as meter:
                measuring = Measuring(dataset, pool, meter, seconds=seconds, seed=seed, tell=tell)
                measured = await measuring.measure()
                return measured, await survey(target, meter, measured.token_seconds)
        except (asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            raise LoadError(f"the database did not tell what it took: {error}") from error
