"""A pool of generators and its merged result. The generators are small programs that print given messages."""

from __future__ import annotations

import asyncio
import shlex
import sys
from collections.abc import Sequence
from typing import Any, cast

import pytest

from loadtest.generator.messages import Answers, Done, Failed, GeneratorUsage, Message, Progress, Ready
from loadtest.generator.pool import GeneratorPool, RunResult
from loadtest.generator.process import LOCAL_COMMAND, AnswerSpool
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


class Reporting:
    """A generator with its last progress report."""

    def __init__(self, latest: Progress | None) -> None:
        self.latest = latest


def progress(seconds: float, offered: int, p99_ms: float = 9.0, errors: int = 0) -> Reporting:
    return Reporting(
        Progress(
            seconds=seconds, offered=offered, answered=offered - errors, errors=errors, p99_ms=p99_ms, cpu_seconds=1.0,
            memory_mib=60.0,
        )
    )  # fmt: skip


@pytest.mark.parametrize(
    ("generators", "summary"),
    [
        ([], ""),
        ([Reporting(None), Reporting(None)], ""),
        ([progress(3.2, 1000)], "3 s: 1,000 checks offered, 1,000 answered, p99 9 ms, 0 errors"),
        (
            [progress(3.0, 1000, 9.0, 1), Reporting(None), progress(4.0, 500, 1234.0, 2)],
            "4 s: 1,500 checks offered, 1,497 answered, p99 1,234 ms, 3 errors",
        ),
    ],
)
def test_the_progress_of_all_is_one_sentence(generators: list[Any], summary: str) -> None:
    pool = GeneratorPool([], [])
    pool.generators = generators
    assert pool.summary() == summary


def test_only_local_generators_have_a_process_here() -> None:
    commands = [
        shlex.split(LOCAL_COMMAND),
        ["ssh", "other", "loadtest generator"],
        shlex.split(LOCAL_COMMAND),
    ]
    pool = GeneratorPool(commands, [assignment()] * 3)
    pool.generators = [cast(Any, type("G", (), {"pid": pid})) for pid in (11, 12)]
    assert pool.pids == [11]  # the third has not been started yet


def test_every_command_has_an_assignment() -> None:
    with pytest.raises(ValueError, match="longer"):
        GeneratorPool([program(Ready())], [assignment(), assignment()])


def test_a_spool_of_answers_is_read_in_order_and_again_after_more() -> None:
    def answers(*ids: str) -> Answers:
        return Answers(
            sampled=[
                SampledAnswer(CheckQuery.at(terminal(), person=one), Outcome(200, "見本".encode()), 0.5, 0.6)
                for one in ids
            ]
        )

    spool = AnswerSpool()
    assert (len(spool), list(spool)) == (0, [])
    spool.add(answers("R1", "R2"))
    assert [one.query.person for one in spool] == ["R1", "R2"]
    spool.add(answers())
    spool.add(answers("R3"))
    assert [one.query.person for one in spool] == ["R1", "R2", "R3"]
    assert len(spool) == 3
    assert {one.outcome.body for one in spool} == {"見本".encode()}


def test_the_last_lines_of_a_generator_s_stderr_explain_its_end() -> None:
    noisy = "import sys\nfor n in range(100):\n    print('line', n, file=sys.stderr)\nsys.exit(7)"
    with pytest.raises(LoadError) as raised:
        result_of([sys.executable, "-c", noisy])
    first, *lines = str(raised.value).splitlines()
    assert first == "a generator exited with 7"
    assert lines == [f"line {number}" for number in range(80, 100)]


def test_an_unexpected_message_after_the_start_is_reported() -> None:
    with pytest.raises(LoadError, match="unexpected message from a generator"):
        result_of(program(Ready(), Ready()))
