"""`loadtest run`'s side of its conductor: starts it with its workers, and merges their results."""

from __future__ import annotations

import asyncio
import shlex
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from pydantic import ValidationError

from loadtest.conductor.run_lines import (
    MAX_LINE_LENGTH,
    START,
    Failed,
    Line,
    Listening,
    Order,
    Progress,
    Ready,
    parse_line,
)
from loadtest.errors import LoadError
from loadtest.generator.answer_spool import AnswerSpool
from loadtest.generator.messages import Answers, Assignment, Done, GeneratorUsage
from loadtest.generator.partition import split_command
from loadtest.machine.costs import GENERATOR
from loadtest.machine.roles import COORDINATOR
from loadtest.piped_child import PipedChild
from loadtest.scenario.plan import Plan
from loadtest.scenario.run_stats import RunStats

_LOCUSTFILE = Path(__file__).parents[1] / "locustfile.py"
LOCAL_COMMAND = shlex.join(
    (sys.executable, "-m", "locust", "-f", str(_LOCUSTFILE), "--worker", "--master-port")
) + " {master_port}"  # fmt: skip
"""The command line of a worker on this machine."""

_CONDUCTOR = (sys.executable, "-m", "loadtest.conductor.run_process")
_STOP_SECONDS, _QUIT_SECONDS = 10.0, 5.0
"""How long the conductor may take to end, and then the workers, which it has let quit."""

_AnyLine = TypeVar("_AnyLine", bound=Line)


@dataclass(frozen=True, slots=True)
class RunResult:
    """The generators' merged result.

    `sampled`: the answers of their samples; `usages`: one for each generator.
    """

    stats: RunStats
    sampled: AnswerSpool
    usages: list[GeneratorUsage]


class Conductor:
    """A context manager: inside, all generators are ready; at its end, all processes have been ended.

    Raises LoadError.
    """

    def __init__(
        self, command_lines: Sequence[str], fund_url: str, plan: Plan, assignments: Sequence[Assignment]
    ) -> None:
        """A command line for each worker, and an assignment for each. A single local worker needs no process."""
        if len(command_lines) != len(assignments):
            raise ValueError("every generator has an assignment")
        self._command_lines, self._fund_url = command_lines, fund_url
        self._plan, self._assignments = plan, assignments
        self._is_alone = list(command_lines) == [LOCAL_COMMAND]
        self._process: PipedChild | None = None
        self.workers: list[PipedChild] = []
        self.latest: Progress | None = None

    @property
    def roles(self) -> dict[int, str]:
        """The kinds of the processes on this machine, by process id."""
        conductor = {self._process.pid: COORDINATOR} if self._process else {}
        local = [
            worker.pid
            for worker, line in zip(self.workers, self._command_lines, strict=False)
            if line == LOCAL_COMMAND
        ]
        return (
            dict.fromkeys(conductor, GENERATOR)
            if self._is_alone
            else conductor | dict.fromkeys(local, GENERATOR)
        )

    def summary(self) -> str:
        """The progress for people; empty before the first report."""
        return self.latest.sentence if self.latest else ""

    async def start_load(self) -> None:
        """Let all generators start their visits."""
        assert self._process is not None
        await self._process.write(START)

    async def result(self) -> RunResult:
        """Wait until all generators are done, and merge their results. Raises LoadError."""
        spool, stats, usages = AnswerSpool(), RunStats(), list[GeneratorUsage]()
        while len(usages) < len(self._assignments):
            match await self._receive():
                case Progress() as progress:
                    self.latest = progress
                case Answers() as answers:
                    spool.add(answers)
                case Done() as done:
                    stats.merge(RunStats.from_message(done.stats))
                    usages.append(done.usage)
                case other:
                    raise LoadError(f"unexpected line from the conductor: {other.type}")
        return RunResult(stats, spool, usages)

    async def __aenter__(self) -> Self:
        try:
            await self._start()
        except BaseException:
            await self._end()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._end()

    async def _start(self) -> None:
        self._process = await PipedChild.start(_CONDUCTOR, line_limit=MAX_LINE_LENGTH)
        order = Order(plan=self._plan, workers=len(self._assignments), is_alone=self._is_alone)
        for message in (order, *self._assignments):
            await self._process.write(message.to_line())
        if not self._is_alone:
            port = (await self._expect(Listening)).port
            for line in self._command_lines:
                command = split_command(line, self._fund_url, port)
                self.workers.append(await PipedChild.start(command))
        await self._expect(Ready)

    async def _expect(self, kind: type[_AnyLine]) -> _AnyLine:
        line = await self._receive()
        if not isinstance(line, kind):
            raise LoadError(f"unexpected line from the conductor: {line.type}")
        return line

    async def _receive(self) -> Line:
        """The next line of the conductor, unless a worker exits before it. Raises LoadError."""
        assert self._process is not None
        line = await self._process.readline(unless_exits=self.workers)
        if not line:
            raise LoadError(await self._process.failure("the conductor"))
        try:
            message = parse_line(line)
        except ValidationError as error:
            raise LoadError("malformed line from the conductor") from error
        if isinstance(message, Failed):
            raise LoadError(message.reason)
        return message

    async def _end(self) -> None:
        """End the conductor, which lets its workers quit, and then the workers, whatever they do."""
        if self._process is not None:
            await self._process.end(_STOP_SECONDS)
        await asyncio.gather(*(worker.end(_QUIT_SECONDS) for worker in self.workers))
