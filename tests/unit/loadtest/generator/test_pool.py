"""A pool of generators and its merged result. The generators are small programs that print given messages."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence

import pytest

from loadtest.generator.messages import Answers, Done, Failed, GeneratorUsage, Message, Ready
from loadtest.generator.pool import GeneratorPool, RunResult
from loadtest.scenario.answer_sample import CheckQuery, SampledAnswer
from loadtest.scenario.run_stats import RunStats
from loadtest.scenario.visits import Outcome
from loadtest.target import LoadError
from tests.unit.loadtest.dataset.builders import terminal
from tests.unit.loadtest.generator.builders import assignment

PROGRAM = """
import sys
assignment = sys.stdin.readline()
messages = {messages!r}
print(messages.pop(0), end="", flush=True)
sys.stdin.readline()
for line in messages:
    print(line, end="", flush=True)
if {dies}:
    sys.exit("out of memory")
"""


def program(*messages: Message, dies: bool = False) -> list[str]:
    """Reads its assignment, prints its first message, waits for the start, prints the others, and ends."""
    lines = [message.to_line().decode() for message in messages]
    return [sys.executable, "-c", PROGRAM.format(messages=lines, dies=dies)]


def done(offered: int, cpu_seconds: float = 1.0) -> Done:
    stats = RunStats()
    for _ in range(offered):
        stats.check_began(0.5)
    usage = GeneratorUsage(seconds=10.0, cpu_seconds=cpu_seconds, memory_mib=60.0, connections=9)
    return Done(stats=stats.to_message(), usage=usage)


def result_of(*commands: Sequence[str]) -> RunResult:
    async def run() -> RunResult:
        async with GeneratorPool(commands, [assignment() for _ in commands]) as generators:
            generators.start_load()
            return await generators.result()

    return asyncio.run(run())


def test_the_results_of_several_generators_are_merged() -> None:
    sampled = SampledAnswer(CheckQuery.at(terminal(), person="R1-00000001"), Outcome(200, b"{}"), 0.5, 0.6)
    result = result_of(
        program(Ready(), Answers(sampled=[sampled]), done(3)),
        program(Ready(), Answers(sampled=[sampled]), done(4)),
    )
    assert (result.stats.offered, len(result.usages)) == (7, 2)
    assert len(result.sampled) == 2
    # The spool can be read more than once.
    assert (list(result.sampled), list(result.sampled)) == ([sampled, sampled], [sampled, sampled])
    assert [second.offered for second in result.stats.series] == [7]


@pytest.mark.parametrize(
    ("command", "error"),
    [
        (program(Failed(reason="a terminal could not sign in: 401")), "a terminal could not sign in: 401"),
        (program(Ready(), Failed(reason="the coordinator has exited")), "the coordinator has exited"),
        (program(Ready(), dies=True), "a generator exited with 1\nout of memory"),
        (program(done(3)), "unexpected message"),
        ([sys.executable, "-c", "print('hello')"], "malformed message"),
        (["/no/such/program"], "could not start a generator: No such file"),
    ],
)
def test_the_failure_of_a_generator_is_reported(command: list[str], error: str) -> None:
    with pytest.raises(LoadError, match=error):
        result_of(program(Ready(), done(1)), command)


def test_a_generator_elsewhere_has_no_process_id_here() -> None:
    assert GeneratorPool([program(Ready())], [assignment()]).pids == []


def test_all_generators_are_ended_with_the_block() -> None:
    async def begin() -> GeneratorPool:
        async with GeneratorPool([program(Ready(), done(1))] * 2, [assignment()] * 2) as generators:
            return generators

    generators = asyncio.run(begin())
    assert [generator.ended for generator in generators.generators] == [True, True]
