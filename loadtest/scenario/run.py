"""A level's run from nothing: a house, a nation in it, its terminals signed in, then the rush, then the judgement."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import uvloop
from pydantic import AnyHttpUrl

from eligibility_api.contract.line import is_loopback
from loadtest.clock import today_in_japan
from loadtest.dataset.provision import Dataset, DatasetSize, Progress, provision
from loadtest.faults.fault import Fault, Scene
from loadtest.faults.injection import Inflicting
from loadtest.faults.storm import STORM
from loadtest.generator.client_faults import Disturbance
from loadtest.generator.partition import enough
from loadtest.generator.pool import HERE, Crew, Sight, deal, words_of
from loadtest.machine import processes
from loadtest.machine.costs import (
    API,
    DATABASE,
    GENERATOR,
    CpuReading,
    CpuUsage,
    ProcessKinds,
    database_processes,
    memory_mib,
)
from loadtest.monitor import Watch, Watched
from loadtest.scenario import calibration
from loadtest.scenario.answer_check import Judge
from loadtest.scenario.calibration import Fit
from loadtest.scenario.levels import Shape
from loadtest.scenario.plan import Plan
from loadtest.scenario.report import RushReport
from loadtest.scenario.run_context import Beside, Course, drive
from loadtest.scenario.sections import Part
from loadtest.target import LoadError, Surroundings, surroundings

_TELL_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Drive:
    """How a plan is driven: a command line for each generator (None: enough of them here), what these do to their own
    lines, what goes on beside, and which fault is inflicted. `fit`: a day's scale is found by a probe.
    """

    generators: Sequence[str] | None = None
    disturbances: Sequence[Disturbance] = ()
    besides: Sequence[Beside] = ()
    fault: Fault | None = None
    fit: bool = False

    def with_fault(self, inflicting: Inflicting) -> Drive:
        """The same, and everything that a fault does."""
        return replace(
            self,
            disturbances=[*self.disturbances, *inflicting.disturbances],
            besides=[*self.besides, inflicting.run],
        )


def run_rush(
    plan: Plan, size: DatasetSize, *, workers: int, folder: Path, tell: Progress, how: Drive | None = None
) -> RushReport:
    """Run a level against the running house, or one of our own. Everything made lies in `folder`.

    Raises LoadError, LineError, OSError.
    """
    with ExitStack() as stack:
        tell("a house to run against")
        there = stack.enter_context(surroundings(folder, workers=workers))
        if not is_loopback(AnyHttpUrl(there.fund_url)):
            raise LoadError("load goes to loopback addresses only")
        dataset = provision(there, size, folder, tell)
        how, inflicting, is_day = how or Drive(), None, plan.level.shape is Shape.DAY
        if how.fault is None and plan.level.shape is Shape.STORM:
            how = replace(how, fault=STORM)
        if how.fault is not None:
            window = how.fault.window(plan.seconds)
            scene = Scene(there, dataset, folder, plan.checks_per_s, window, tell)
            inflicting = Inflicting(how.fault, scene)
            how = how.with_fault(inflicting)
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            fit = runner.run(_fitted(plan, dataset, there, how, tell)) if how.fit and is_day else None
            plan = plan if fit is None else replace(plan, scale=fit.scale)
            tell(f"{plan.level.name} for {plan.seconds:g} s: {plan.checks_per_s:,.0f} checks/s")
            course, sight, spent, watched = runner.run(_rush(plan, dataset, there, how, tell))
            parts = [runner.run(_judged(inflicting, plan, sight))] if inflicting is not None else []
        memory = memory_mib(_kinds(there)) | {
            GENERATOR: round(sum(effort.memory_mib for effort in sight.efforts), 1)
        }
    tell(f"{len(sight.kept)} answers against the naive model")
    wrong = Judge(dataset.answer_index, course.began_at).wrong(sight.kept, today_in_japan())
    wrong += sight.seen.looks_wrong
    if is_day:
        parts.append(calibration.told(plan, sight.seen.series, fit))
    sizes = {"people": size.people, "cards": size.cards, "terminals": len(dataset.terminals)}
    return RushReport(
        plan, sight.seen, spent, memory, len(sight.kept), wrong, sizes, sight.efforts, watched, parts
    )


async def _judged(inflicting: Inflicting, plan: Plan, sight: Sight) -> Part:
    answers = [kept.outcome.body for kept in sight.kept if kept.outcome.failure is None]
    return await inflicting.judged(sight.seen.series, plan.seconds, answers)


async def _fitted(plan: Plan, dataset: Dataset, there: Surroundings, how: Drive, tell: Progress) -> Fit:
    """A probe, and the scale that it speaks for."""
    tell("what a check costs here")
    alone = replace(how, disturbances=(), besides=())
    _, sight, spent, _ = await _rush(calibration.probe(plan), dataset, there, alone, tell)
    return calibration.fitted(sight.seen.answered, spent, len(os.sched_getaffinity(0)))


def _kinds(there: Surroundings) -> ProcessKinds:
    port = AnyHttpUrl(there.fund_url).port or 80
    return {
        API: partial(processes.listening_on, port),
        DATABASE: partial(database_processes, there.fund_home),
    }


async def _rush(
    plan: Plan, dataset: Dataset, there: Surroundings, how: Drive, tell: Progress
) -> tuple[Course, Sight, CpuUsage, Watched]:
    """Have the generators drive, under the eyes of a watch; processor time of the driving alone."""
    kinds = _kinds(there)
    visitors = dataset.visitors
    lines = [HERE] * enough(plan, visitors) if how.generators is None else how.generators
    commands = [words_of(line, there.fund_url) for line in lines]
    orders = deal(there.fund_url, plan, visitors, len(commands), how.disturbances)
    async with Crew(commands, orders) as crew, Watch(there, lambda: crew.pids) as watch:
        before = CpuReading.now(kinds)
        course, sight = await drive(crew, there, dataset, [partial(_tell_each, tell=tell), *how.besides])
        spent = CpuReading.now(kinds).since(before)
    cpu = sum(effort.cpu_seconds for effort in sight.efforts)
    spent = CpuUsage(spent.seconds, {**spent.cpu, GENERATOR: cpu})
    return course, sight, spent, watch.since(course.began)


async def _tell_each(course: Course, tell: Progress) -> None:
    """How it goes, every some seconds."""
    while True:
        await asyncio.sleep(_TELL_SECONDS)
        if how := course.crew.describe():
            tell(how)
