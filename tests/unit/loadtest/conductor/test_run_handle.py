"""`loadtest run`'s side of its conductor. The conductor is a small program that prints given lines."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from typing import Any

import pytest

from loadtest.conductor import run_handle
from loadtest.conductor.run_handle import LOCAL_COMMAND, Conductor, RunResult
from loadtest.conductor.run_lines import Failed, Listening, Progress, Ready
from loadtest.errors import LoadError
from loadtest.generator.messages import Answers, Assignment, Done, Message
from loadtest.machine.costs import GENERATOR
from loadtest.machine.roles import COORDINATOR
from loadtest.scenario.run_stats import RunStats
from tests.unit.loadtest.generator.builders import FUND, PLAN, SAMPLED, USAGE, assignment

PROGRAM = """
import sys
order, *_ = [sys.stdin.readline() for _ in range(1 + {workers})]
messages = {messages!r}
for line in messages[:{before_start}]:
    print(line, end="", flush=True)
if sys.stdin.readline():
    for line in messages[{before_start}:]:
        print(line, end="", flush=True)
    if {dies}:
        sys.exit("out of memory")
    sys.stdin.read()
"""
WAITING = f"{sys.executable} -c 'import time; time.sleep(600)' {{master_port}}"


def done(offered: int) -> Done:
    stats = RunStats()
    for _ in range(offered):
        stats.check_began(0.5)
    return Done(stats=stats.to_message(), usage=USAGE)


def run(
    monkeypatch: pytest.MonkeyPatch,
    *messages: Message,
    command_lines: Sequence[str] = (WAITING, WAITING),
    before_start: int = 2,
    dies: bool = False,
) -> tuple[Conductor, RunResult, dict[int, str]]:
    """The result by a conductor that prints its first messages, and the others once it may start the load."""
    lines = [message.to_line().decode() for message in messages]
    program = PROGRAM.format(messages=lines, before_start=before_start, workers=len(command_lines), dies=dies)
    monkeypatch.setattr(run_handle, "_CONDUCTOR", (sys.executable, "-c", program))
    monkeypatch.setattr(run_handle, "_QUIT_SECONDS", 0.05)
    assignments = [assignment() for _ in command_lines]

    async def work() -> tuple[Conductor, RunResult, dict[int, str]]:
        async with Conductor(command_lines, FUND, PLAN, assignments) as conductor:
            await conductor.start_load()
            return conductor, await conductor.result(), conductor.roles

    return asyncio.run(work())


def test_the_results_of_all_workers_are_merged_and_all_are_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    conductor, result, roles = run(
        monkeypatch, Listening(port=1), Ready(), Answers(sampled=[SAMPLED]), done(3), Answers(sampled=[SAMPLED]),
        done(4),
    )  # fmt: skip
    assert (result.stats.offered, len(result.usages)) == (7, 2)
    assert list(result.sampled) == [SAMPLED, SAMPLED]
    assert [second.offered for second in result.stats.series] == [7]
    assert list(roles.values()) == [COORDINATOR]  # the workers were started by commands of other machines
    assert all(worker.exit_code is not None for worker in conductor.workers)
    assert len(conductor.workers) == 2


def test_the_progress_is_that_of_the_last_report(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Conductor([WAITING], FUND, PLAN, [assignment()]).summary() == ""
    reports = [Progress(seconds=at, offered=3, answered=2, errors=1, p99_ms=9.0) for at in (1.0, 2.0)]
    conductor, _, _ = run(monkeypatch, Listening(port=1), Ready(), *reports, done(1), done(1))
    assert conductor.summary() == reports[1].sentence


def test_a_single_local_worker_is_in_the_conductors_process(monkeypatch: pytest.MonkeyPatch) -> None:
    conductor, result, roles = run(
        monkeypatch, Ready(), done(3), command_lines=[LOCAL_COMMAND], before_start=1
    )
    assert (result.stats.offered, conductor.workers) == (3, [])
    assert list(roles.values()) == [GENERATOR]


def test_local_workers_are_generators_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_handle, "LOCAL_COMMAND", WAITING)
    _, _, roles = run(monkeypatch, Listening(port=1), Ready(), done(3), done(3))
    assert list(roles.values()) == [COORDINATOR, GENERATOR, GENERATOR]


@pytest.mark.parametrize(
    ("messages", "options", "error"),
    [
        ([Failed(reason="a terminal could not sign in: 401")], {"before_start": 1}, "a terminal could not sign in: 401"),
        ([Listening(port=1), Ready(), Failed(reason="2 generators report nothing")], {}, "2 generators report nothing"),
        ([Listening(port=1), Ready()], {"dies": True}, "the conductor exited with 1\nout of memory"),
        ([Ready()], {"before_start": 1}, "unexpected line from the conductor: ready"),
        ([Listening(port=1), Ready(), Ready()], {}, "unexpected line from the conductor: ready"),
        (
            [Listening(port=1), Ready()],
            {"command_lines": [WAITING, f"{sys.executable} -c 'import sys; sys.exit(5)'"]},
            "a generator exited with 5",
        ),
        ([Listening(port=1), Ready()], {"command_lines": [WAITING, "/no/such/program"]}, "could not start a process"),
        ([Listening(port=1), Ready()], {"command_lines": [WAITING, "ssh 'other"]}, "invalid command line"),
    ],
    ids=["failed-early", "failed-late", "conductor-died", "no-address", "ready-twice", "worker-exits", "no-program", "bad-command"],
)  # fmt: skip
def test_whatever_fails_is_reported(
    monkeypatch: pytest.MonkeyPatch, messages: list[Message], options: dict[str, Any], error: str
) -> None:
    with pytest.raises(LoadError, match=error):
        run(monkeypatch, *messages, **options)


@pytest.mark.parametrize("printed", [b"hello\n", b'{"type":"done"}\n'])
def test_a_malformed_line_is_reported_without_its_contents(
    monkeypatch: pytest.MonkeyPatch, printed: bytes
) -> None:
    class Printed:
        def to_line(self) -> bytes:
            return printed

    printing: Any = Printed()
    with pytest.raises(LoadError, match=r"malformed line from the conductor$"):
        run(monkeypatch, printing, before_start=1)


def test_every_worker_has_an_assignment() -> None:
    work: list[Assignment] = [assignment(), assignment()]
    with pytest.raises(ValueError, match="every generator has an assignment"):
        Conductor([WAITING], FUND, PLAN, work)
