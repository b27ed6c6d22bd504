"""Several generators, their orders, and what they saw together. Theirs are small programs that say what is laid out."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence

import pytest

from loadtest.generator.client_faults import ClientFault
from loadtest.generator.messages import Answers, Done, GeneratorUsage, Failed, Ready, Message
from loadtest.generator.pool import LOCAL_COMMAND, GeneratorPool, RunResult, partition, split_command
from loadtest.scenario.answer_sample import CheckQuery, SampledAnswer
from loadtest.scenario.levels import LEVELS
from loadtest.scenario.plan import Plan
from loadtest.scenario.run_stats import RunStats
from loadtest.scenario.visits import Outcome
from loadtest.target import LoadError
from tests.unit.loadtest.dataset.builders import terminal
from tests.unit.loadtest.generator.builders import FUND, PLAN, order, visitors

PROGRAM = """
import sys
order = sys.stdin.readline()
said = {said!r}
print(said.pop(0), end="", flush=True)
sys.stdin.readline()
for line in said:
    print(line, end="", flush=True)
if {dies}:
    sys.exit("out of memory")
"""


def program(*words: Message, dies: bool = False) -> list[str]:
    """One that takes its order, says its first word, waits for the start, says the others, and ends."""
    return [sys.executable, "-c", PROGRAM.format(said=[word.line().decode() for word in words], dies=dies)]


def done(offered: int, cpu_seconds: float = 1.0) -> Done:
    stats = RunStats()
    for _ in range(offered):
        stats.check_began(0.5)
    usage = GeneratorUsage(seconds=10.0, cpu_seconds=cpu_seconds, memory_mib=60.0, connections=9)
    return Done(stats=stats.to_message(), usage=usage)


def driven(*commands: Sequence[str]) -> RunResult:
    async def drive() -> RunResult:
        async with GeneratorPool(commands, [order() for _ in commands]) as generators:
            generators.go()
            return await generators.done()

    return asyncio.run(drive())


def test_what_several_saw_becomes_one() -> None:
    sampled = SampledAnswer(CheckQuery.at(terminal(), person="R1-00000001"), Outcome(200, b"{}"), 0.5, 0.6)
    result = driven(
        program(Ready(), Answers(sampled=[sampled]), done(3)), program(Ready(), Answers(sampled=[sampled]), done(4))
    )
    assert (result.stats.offered, len(result.usages)) == (7, 2)
    assert (len(result.sampled), list(result.sampled), list(result.sampled)) == (2, [sampled, sampled], [sampled, sampled])
    assert [second.offered for second in result.stats.series] == [7]


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (program(Failed(why="a terminal could not sign in: 401")), "a terminal could not sign in: 401"),
        (program(Ready(), Failed(why="the coordinator is gone")), "the coordinator is gone"),
        (program(Ready(), dies=True), "a generator ended with 1\nout of memory"),
        (program(done(3)), "spoke out of turn"),
        ([sys.executable, "-c", "print('hello')"], "what is not understood"),
        (["/no/such/program"], "no generator: No such file"),
    ],
)
def test_what_became_of_a_generator_is_told(command: list[str], words: str) -> None:
    with pytest.raises(LoadError, match=words):
        driven(program(Ready(), done(1)), command)


def test_a_generator_elsewhere_is_no_process_of_this_machine() -> None:
    assert GeneratorPool([program(Ready())], [order()]).pids == []


def test_all_are_ended_with_the_block() -> None:
    async def begin() -> GeneratorPool:
        async with GeneratorPool([program(Ready(), done(1))] * 2, [order()] * 2) as generators:
            return generators

    generators = asyncio.run(begin())
    assert [member.ended for member in generators.members] == [True, True]


def test_orders_share_out_rate_terminals_and_patients() -> None:
    plan = Plan(LEVELS["L1"], 60.0, 0.5, 1)
    orders = partition(FUND, plan, visitors(4), 2, [ClientFault(1.0, 2.0, renewed=5)])
    assert sum(one.plan.checks_per_s for one in orders) == pytest.approx(plan.checks_per_s)
    # Weights 1 to 4, dealt in turn: a generator's rate is that of its terminals.
    assert [one.plan.scale for one in orders] == [pytest.approx(0.5 * 0.4), pytest.approx(0.5 * 0.6)]
    assert [len(one.cards) for one in orders] == [2, 2]
    assert [one.client_faults[0].renewed for one in orders] == [3, 3]
    assert orders[0].plan.seed != orders[1].plan.seed


def test_one_generator_drives_the_plan_itself() -> None:
    [only] = partition(FUND, PLAN, visitors(4), 1)
    assert only.plan == PLAN


def test_nobody_is_asked_to_drive_nothing() -> None:
    with pytest.raises(LoadError, match="too few facilities or cards for 5 generators"):
        partition(FUND, PLAN, visitors(4), 5)


def test_a_command_line_is_told_the_funds_port() -> None:
    typed = "ssh -R {port}:127.0.0.1:{port} other 'loadtest generate'"
    assert split_command(typed, FUND) == ["ssh", "-R", "8400:127.0.0.1:8400", "other", "loadtest generate"]
    assert split_command(LOCAL_COMMAND, FUND)[0] == sys.executable
    with pytest.raises(LoadError, match="no command line"):
        split_command("ssh 'other", FUND)
