"""Finds the capacity of a target, and offers it up to four times as much."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import uvloop

from loadtest.dataset.provision import Dataset, DatasetSize
from loadtest.errors import LoadError
from loadtest.machine.sampling import Sample
from loadtest.monitor import Observations
from loadtest.overload.curve import REST, TIMES, Curve, curve_of
from loadtest.report.figures import MAX_OTHER_CORES
from loadtest.run.run import RunOptions, provisioned, run_load
from loadtest.scenario.answer_check import AnswerChecker
from loadtest.scenario.levels import LEVELS
from loadtest.scenario.plan import Plan
from loadtest.target import Progress, TargetEnvironment

LEVEL = LEVELS["L1"]

FIRST_PER_S = 20.0
"""The rate at which the search for the capacity begins."""

SEARCH_TIMES = tuple(2.0**n for n in range(8))
"""The rates of the search, in first rates: up to 2,560 checks/s."""

SEARCH_SECONDS = 4
"""For which each rate of the search is offered."""

REST_SECONDS = 8
"""For which less than the capacity is offered after the overload."""


@dataclass(frozen=True, slots=True)
class OverloadReport:
    """The result. `wrong`: answers that differ from the reference model's, by fault."""

    capacity_per_s: float
    curve: Curve
    wrong: Mapping[str, int]
    compared: int
    other_cores: float | None
    size: Mapping[str, int]
    step_seconds: int

    @property
    def busy_elsewhere(self) -> bool:
        """Whether other work kept so much of the machine busy that the figures must not be quoted."""
        return self.other_cores is not None and self.other_cores > MAX_OTHER_CORES

    @property
    def passed(self) -> bool:
        """Whether no answer was wrong, and everything that is expected was met."""
        return not sum(self.wrong.values()) and self.curve.met

    def as_json(self) -> dict[str, Any]:
        """The object that `--json` prints."""
        return {
            "level": LEVEL.name,
            "capacity_per_s": round(self.capacity_per_s, 1),
            "step_seconds": self.step_seconds,
            "curve": self.curve.as_json(),
            "wrong_answers": sum(self.wrong.values()),
            "wrong_by_fault": dict(self.wrong),
            "compared_answers": self.compared,
            "other_cores": None if self.other_cores is None else round(self.other_cores, 2),
            "busy_elsewhere": self.busy_elsewhere,
            "size": dict(self.size),
            "passed": self.passed,
        }


def run_overload(
    size: DatasetSize,
    *,
    step_seconds: int,
    capacity: float | None,
    workers: int,
    seed: int,
    folder: Path,
    progress: Progress,
) -> OverloadReport:
    """Measure the curve against the running stack, or one that this starts. All files are created in `folder`.

    `capacity`: in checks a second; None: it is searched for. Raises LoadError, ConnectionFailed, OSError.
    """
    with (
        provisioned(size, workers=workers, folder=folder, progress=progress) as (target, dataset),
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        if capacity is None:
            capacity = runner.run(_search(target, dataset, seed, progress))
        return runner.run(
            _measure(
                target,
                dataset,
                capacity,
                step_seconds=step_seconds,
                seed=seed,
                size=size,
                progress=progress,
            )
        )


def _steps(per_second: float, times: Sequence[float], seconds: float, seed: int) -> Plan:
    level = replace(LEVEL, checks_per_s=per_second)
    return Plan(level, seconds * len(times), 1.0, seed, tuple(times))


async def _search(target: TargetEnvironment, dataset: Dataset, seed: int, progress: Progress) -> float:
    """The most that was completed of rates that double. Raises LoadError if nothing was."""
    progress("searching for the capacity")
    plan = _steps(FIRST_PER_S, SEARCH_TIMES, SEARCH_SECONDS, seed + 1)
    _, result, _, _ = await run_load(plan, dataset, target, RunOptions(), progress)
    series = result.stats.series
    begins = [place * SEARCH_SECONDS for place in range(len(SEARCH_TIMES))]
    seconds = [series.between(begin, begin + SEARCH_SECONDS) for begin in begins]
    capacity = max(step.answered - step.broken for step in seconds) / SEARCH_SECONDS
    if not capacity:
        raise LoadError("no check was answered")
    return capacity


async def _measure(
    target: TargetEnvironment,
    dataset: Dataset,
    capacity: float,
    *,
    step_seconds: int,
    seed: int,
    size: DatasetSize,
    progress: Progress,
) -> OverloadReport:
    progress(f"up to {TIMES[-1]:g} times the capacity of {capacity:,.0f} checks/s")
    rests = -(-REST_SECONDS // step_seconds)
    plan = _steps(capacity, (*TIMES, *[REST] * rests), step_seconds, seed)
    context, result, _, observations = await run_load(plan, dataset, target, RunOptions(), progress)
    samples = _from_the_start(observations)
    curve = curve_of(
        result.stats.series, samples, step_seconds, rests * step_seconds, len(os.sched_getaffinity(0))
    )
    progress(f"comparing {len(result.sampled)} answers with the reference model")
    checker = AnswerChecker(dataset.answer_index, context.started_at)
    wrong = checker.count_wrong(result.sampled) + result.stats.histories_wrong
    others = sum(sample.others for sample in samples) / len(samples) if samples else None
    sizes = {"people": size.people, "cards": size.cards, "terminals": len(dataset.terminals)}
    return OverloadReport(capacity, curve, wrong, len(result.sampled), others, sizes, step_seconds)


def _from_the_start(observations: Observations) -> list[Sample]:
    """The samples, with their instants in seconds of the run."""
    return [replace(sample, at=sample.at - observations.began) for sample in observations.samples]
