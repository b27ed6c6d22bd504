"""Runs a level from scratch: target, dataset, generators, and the check of the answers."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import uvloop
from pydantic import AnyHttpUrl

from eligibility_api.contract.transport import is_loopback
from loadtest.cluster_target import open_cluster
from loadtest.conductor.run_context import BackgroundTask, RunContext, run_generators
from loadtest.conductor.run_handle import LOCAL_COMMAND, Conductor, RunResult
from loadtest.dataset.provision import Dataset, DatasetSize, provision
from loadtest.errors import LoadError
from loadtest.faults.fault import Fault, FaultContext
from loadtest.faults.injection import Injection
from loadtest.faults.storm import STORM
from loadtest.generator.client_faults import ClientFault
from loadtest.generator.partition import make_assignments, required_generators
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
from loadtest.monitor import Monitor, Observations
from loadtest.report.report import RunReport
from loadtest.run.calibration import Calibration, calibrate, day_section, probe
from loadtest.scenario.answer_check import AnswerChecker
from loadtest.scenario.levels import Shape
from loadtest.scenario.plan import Plan
from loadtest.sections import ReportSection
from loadtest.target import Progress, TargetEnvironment, open_target

_PROGRESS_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class RunOptions:
    """How a plan is run.

    `generators`: a command line for each (None: as many local ones as the plan requires). `client_faults`:
    what generators do to their own connections. `calibrate`: whether a probe determines a day's scale. `cluster`: whether a
    stack that the run starts has a database of three nodes.
    """

    generators: Sequence[str] | None = None
    client_faults: Sequence[ClientFault] = ()
    background_tasks: Sequence[BackgroundTask] = ()
    fault: Fault | None = None
    calibrate: bool = False
    cluster: bool = False

    def with_injection(self, injection: Injection) -> RunOptions:
        """The same options with everything that a fault does."""
        return replace(
            self,
            client_faults=[*self.client_faults, *injection.client_faults],
            background_tasks=[*self.background_tasks, injection.run],
        )


def run_scenario(
    plan: Plan,
    size: DatasetSize,
    *,
    workers: int,
    folder: Path,
    progress: Progress,
    options: RunOptions | None = None,
) -> RunReport:
    """Run a level against the running stack, or one that this starts. All files are created in `folder`.

    Raises LoadError, ConnectionFailed, OSError.
    """
    on_cluster = options is not None and options.cluster
    with provisioned(size, workers=workers, folder=folder, progress=progress, on_cluster=on_cluster) as (
        target,
        dataset,
    ):
        return run_on(target, dataset, plan, size, folder=folder, progress=progress, options=options)


@contextmanager
def provisioned(
    size: DatasetSize, *, workers: int, folder: Path, progress: Progress, on_cluster: bool = False
) -> Iterator[tuple[TargetEnvironment, Dataset]]:
    """The running stack, or one that this starts, with a dataset. Raises as `run_scenario`.

    `on_cluster`: it starts one, on a database of three nodes.
    """
    progress("opening the target")
    opened = (
        open_cluster(folder, workers=workers, progress=progress)
        if on_cluster
        else open_target(folder, workers=workers)
    )
    with opened as target:
        if not is_loopback(AnyHttpUrl(target.fund_url)):
            raise LoadError("load goes to loopback addresses only")
        yield target, provision(target, size, folder, progress)


def run_on(
    target: TargetEnvironment,
    dataset: Dataset,
    plan: Plan,
    size: DatasetSize,
    *,
    folder: Path,
    progress: Progress,
    options: RunOptions | None = None,
) -> RunReport:
    """Run a level against a target that has this dataset, whose files are in `folder`. Raises as `run_scenario`."""
    options, injection, is_day = options or RunOptions(), None, plan.level.shape is Shape.DAY
    if options.fault is None and plan.level.shape is Shape.STORM:
        options = replace(options, fault=STORM)
    if (fault := options.fault) is not None:
        window = fault.window(plan.seconds)
        fault_context = FaultContext(target, dataset, folder, plan.checks_per_s, window, progress)
        injection = Injection(fault, fault_context)
        options, plan = options.with_injection(injection), fault.plan(plan)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        calibration = None
        if options.calibrate and is_day:
            calibration = runner.run(_calibrated(plan, dataset, target, options, progress))
            plan = replace(plan, scale=calibration.scale)
        progress(f"{plan.level.name} for {plan.seconds:g} s: {plan.checks_per_s:,.0f} checks/s")
        context, result, cpu, observations = runner.run(run_load(plan, dataset, target, options, progress))
        sections = [runner.run(_fault_section(injection, plan, result))] if injection is not None else []
    memory = memory_mib(process_kinds(target)) | {
        GENERATOR: round(sum(usage.memory_mib for usage in result.usages), 1)
    }
    progress(f"comparing {len(result.sampled)} answers with the reference model")
    checker = AnswerChecker(dataset.answer_index, context.started_at)
    wrong = checker.count_wrong(result.sampled) + result.stats.histories_wrong
    if is_day:
        sections.append(day_section(plan, result.stats.series, calibration))
    sizes = {"people": size.people, "cards": size.cards, "terminals": len(dataset.terminals)}
    return RunReport(
        plan,
        result.stats,
        cpu,
        memory,
        len(result.sampled),
        wrong,
        sizes,
        result.usages,
        observations,
        sections,
    )


async def _fault_section(injection: Injection, plan: Plan, result: RunResult) -> ReportSection:
    answers = [sampled.outcome.body for sampled in result.sampled if sampled.outcome.failure is None]
    return await injection.section(result.stats.series, plan.seconds, answers)


async def _calibrated(
    plan: Plan, dataset: Dataset, target: TargetEnvironment, options: RunOptions, progress: Progress
) -> Calibration:
    """Run a probe without faults, and derive the scale from it."""
    progress("measuring the cost of a check")
    undisturbed = replace(options, client_faults=(), background_tasks=())
    _, result, cpu, _ = await run_load(probe(plan), dataset, target, undisturbed, progress)
    return calibrate(result.stats.answered, cpu, len(os.sched_getaffinity(0)))


def database_of(target: TargetEnvironment) -> Callable[[], set[int]]:
    """Finds the processes of the embedded database, or of all nodes of the cluster."""
    if target.cluster is not None:
        return target.cluster.servers
    return partial(database_processes, target.fund_home)


def process_kinds(target: TargetEnvironment) -> ProcessKinds:
    """How the processes of a target are found, by kind."""
    port = AnyHttpUrl(target.fund_url).port or 80
    return {
        API: partial(processes.listening_on, port),
        DATABASE: database_of(target),
    }


async def run_load(
    plan: Plan, dataset: Dataset, target: TargetEnvironment, options: RunOptions, progress: Progress
) -> tuple[RunContext, RunResult, CpuUsage, Observations]:
    """Run the generators under a monitor. Returns the processor time of the run alone, too."""
    kinds = process_kinds(target)
    visitors = dataset.visitors
    if options.generators is None:
        command_lines: Sequence[str] = [LOCAL_COMMAND] * required_generators(plan, visitors)
    else:
        command_lines = options.generators
    assignments = make_assignments(target.fund_url, plan, visitors, len(command_lines), options.client_faults)
    tasks: list[BackgroundTask] = [partial(_report_progress, progress=progress), *options.background_tasks]
    async with (
        Conductor(command_lines, target.fund_url, plan, assignments) as conductor,
        Monitor(target, lambda: conductor.roles) as monitor,
    ):
        before = CpuReading.now(kinds)
        context, result = await run_generators(conductor, target, dataset, tasks)
        cpu = CpuReading.now(kinds).since(before)
    generator_cpu = sum(usage.cpu_seconds for usage in result.usages)
    cpu = CpuUsage(cpu.seconds, {**cpu.cpu, GENERATOR: generator_cpu})
    return context, result, cpu, monitor.since(context.began)


async def _report_progress(context: RunContext, progress: Progress) -> None:
    """Report the progress at regular intervals, until cancelled."""
    while True:
        await asyncio.sleep(_PROGRESS_SECONDS)
        if summary := context.conductor.summary():
            progress(summary)
