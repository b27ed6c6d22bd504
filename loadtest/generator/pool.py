"""A pool of generators that run one plan together, each its part, from the same instant on."""

from __future__ import annotations

import asyncio
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from loadtest.generator.messages import Assignment, GeneratorUsage
from loadtest.generator.process import LOCAL_COMMAND, AnswerSpool, GeneratorProcess
from loadtest.scenario.run_stats import RunStats


@dataclass(frozen=True, slots=True)
class RunResult:
    """The generators' merged result.

    `sampled`: the answers of their samples; `usages`: one for each generator.
    """

    stats: RunStats
    sampled: AnswerSpool
    usages: list[GeneratorUsage]


class GeneratorPool:
    """A context manager: inside, all generators are ready; at its end, they have been ended.

    Raises LoadError.
    """

    def __init__(self, commands: Sequence[Sequence[str]], assignments: Sequence[Assignment]) -> None:
        """A command, split into its arguments, and an assignment for each generator."""
        self._work = list(zip(commands, assignments, strict=True))
        self.generators: list[GeneratorProcess] = []

    @property
    def pids(self) -> list[int]:
        """Process ids of the local generators."""
        local = shlex.split(LOCAL_COMMAND)
        started = zip(self.generators, self._work, strict=False)
        return [generator.pid for generator, (command, _) in started if list(command) == local]

    def summary(self) -> str:
        """The progress for people; empty before the first generator has reported."""
        reports = [generator.latest for generator in self.generators if generator.latest is not None]
        if not reports:
            return ""
        offered, answered, errors = (
            sum(getattr(report, name) for report in reports) for name in ("offered", "answered", "errors")
        )
        return (
            f"{max(report.seconds for report in reports):,.0f} s: {offered:,} checks offered,"
            f" {answered:,} answered, p99 {max(report.p99_ms for report in reports):,.0f} ms, {errors:,} errors"
        )

    def start_load(self) -> None:
        """Let all generators start their visits."""
        for generator in self.generators:
            generator.start_load()

    async def result(self) -> RunResult:
        """Wait until all generators are done, and merge their results. Raises LoadError."""
        spool, stats = AnswerSpool(), RunStats()
        results = await asyncio.gather(*(generator.result(spool) for generator in self.generators))
        for done in results:
            stats.merge(RunStats.from_message(done.stats))
        return RunResult(stats, spool, [done.usage for done in results])

    async def __aenter__(self) -> Self:
        try:
            for command, _ in self._work:
                self.generators.append(await GeneratorProcess.start(command))
            assignments = (assignment for _, assignment in self._work)
            await asyncio.gather(
                *(
                    generator.prepare(assignment)
                    for generator, assignment in zip(self.generators, assignments, strict=True)
                )
            )
        except BaseException:
            await self._end()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._end()

    async def _end(self) -> None:
        await asyncio.gather(*(generator.end() for generator in self.generators))
