"""One fault in one run: inflicted and lifted at its instants, judged when the run is over."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from loadtest.faults.evaluation import Judgement, judge
from loadtest.faults.fault import Fault, Remark, Scene, Window
from loadtest.generator.client_faults import Disturbance
from loadtest.scenario.run_context import Course
from loadtest.scenario.run_stats import Series
from loadtest.scenario.sections import Part
from loadtest.target import LoadError


class Inflicting:
    """A fault on its way through a run: `disturbances` are the generators' part of it, `run` everything else."""

    def __init__(self, fault: Fault, scene: Scene) -> None:
        self._fault = fault
        self._scene = scene
        self._inflictor = fault.inflictor(scene)
        self._lifting: asyncio.Task[None] | None = None

    @property
    def disturbances(self) -> Sequence[Disturbance]:
        """What generators do to their own lines."""
        return self._fault.disturb(self._scene.window)

    async def run(self, course: Course) -> None:
        """Inflict and lift, beside a drive. Lifted in any case, also where the drive ends too early. Raises as the inflictor."""
        window = self._scene.window
        try:
            await course.until(window.began)
            self._scene.tell(f"now: {self._fault.meaning}")
            await self._inflictor.inflict()
            await course.until(window.lifted)
        finally:
            self._lifting = asyncio.create_task(self._inflictor.lift())
            await asyncio.shield(self._lifting)
        if window.seconds:
            self._scene.tell("lifted")

    async def judged(self, series: Series, seconds: float, answers: Sequence[bytes]) -> Part:
        """The report's part about it, of a run of so many seconds. Raises as the inflictor, and LoadError where the run was
        over before the fault was inflicted.
        """
        if self._lifting is None:
            raise LoadError("the run was over before the fault was inflicted")
        await self._lifting
        window = self._scene.window
        judgement = judge(series, seconds, window, self._fault.expected(window))
        return told(self._fault, window, judgement, await self._inflictor.remarks(answers))


def told(fault: Fault, window: Window, judgement: Judgement, remarks: Sequence[Remark]) -> Part:
    """What a report says of a fault."""
    expectation = fault.expected(window).sentence
    broken = [*judgement.broken, *(remark.broken for remark in remarks if remark.broken is not None)]
    verdict = f"Not as expected: {'; '.join(broken)}." if broken else _as_expected(judgement)
    said = {"name": fault.name, "meaning": fault.meaning, "expectation": expectation, "verdict": verdict}
    figures = judgement.figures | {remark.name: remark.value for remark in remarks}
    return Part(
        name="fault",
        title=f"障害 {fault.name} / Fault: {fault.meaning}",
        sentences=(f"Expected: {expectation}", verdict),
        figures=said | figures,
        held=not broken,
        explained=judgement.explained,
        span=(window.began, window.lifted),
    )


def _as_expected(judgement: Judgement) -> str:
    figures = judgement.figures
    during, back = figures["during"], figures["back_after_s"]
    refused = judgement.explained.total()
    parts = [f"{refused:,} checks or requests refused or lost by it" if refused else "no error"]
    if during["checks"]:
        parts.append(f"{during['answered_share']:.1%} answered meanwhile, p99 {during['p99_ms']:,.0f} ms")
    return f"As expected: {', '.join(parts)}; in order {back} s after."
