"""Runs a plan: provisions a dataset in a stack, measures, and compares answers with the reference model."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack
from pathlib import Path

import asyncpg
import uvloop
from pydantic import AnyHttpUrl

from eligibility_api.contract.transport import is_loopback
from loadtest.dataset.provision import Dataset, DatasetSize, provision
from loadtest.errors import LoadError
from loadtest.planning.deployment import Deployment, inspect_deployment
from loadtest.planning.measurement import Measurement, MeasurementResult
from loadtest.planning.meter import Meter
from loadtest.planning.report import PlanReport
from loadtest.planning.wire import MeteredConnectionPool
from loadtest.scenario.answer_check import AnswerChecker
from loadtest.target import Progress, TargetEnvironment, open_target

_MAX_CONNECTIONS, _TIMEOUT_SECONDS = 500, 10.0


def run_plan(
    size: DatasetSize, *, seconds: float, seed: int, workers: int, folder: Path, progress: Progress
) -> PlanReport:
    """Measure each kind of request for `seconds`, on the running stack or one started in `folder`.

    Raises LoadError, ConnectionFailed, OSError.
    """
    with ExitStack() as stack:
        progress("a stack to measure")
        target = stack.enter_context(open_target(folder, workers=workers))
        if not is_loopback(AnyHttpUrl(target.fund_url)):
            raise LoadError("load is sent to loopback addresses only")
        dataset = provision(target, size, folder, progress)
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            result, deployment = runner.run(_measure(target, dataset, seconds, seed, progress))
    progress(f"comparing {len(result.sampled)} answers with the reference model")
    checker = AnswerChecker(dataset.answer_index, result.validation_began_at)
    wrong = checker.count_wrong(result.sampled)
    sizes = {"people": size.people, "cards": size.cards, "terminals": len(dataset.terminals)}
    return PlanReport(
        result.costs, result.validation, deployment, result.rates, len(result.sampled), wrong, sizes
    )


async def _measure(
    target: TargetEnvironment, dataset: Dataset, seconds: float, seed: int, progress: Progress
) -> tuple[MeasurementResult, Deployment]:
    async with MeteredConnectionPool(
        target.fund_url, max_connections=_MAX_CONNECTIONS, timeout_seconds=_TIMEOUT_SECONDS
    ) as pool:
        try:
            async with Meter(target, pool) as meter:
                measurement = Measurement(dataset, pool, meter, seconds=seconds, seed=seed, progress=progress)
                result = await measurement.measure()
                return result, await inspect_deployment(target, meter, result.token_seconds)
        except (asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            raise LoadError(f"the database's consumption could not be read: {error}") from error
