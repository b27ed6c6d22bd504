"""A child process that is spoken to in lines."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Coroutine
from typing import Any

import pytest

from loadtest.errors import LoadError
from loadtest.piped_child import PipedChild

ECHO = "import sys\nfor line in sys.stdin: print(line.strip()[::-1], flush=True)\nsys.exit(3)"
SLEEP = "import time; time.sleep(600)"


def command(program: str) -> list[str]:
    return [sys.executable, "-c", program]


def run(work: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(work)


def test_lines_are_exchanged_until_the_child_ends_with_its_input() -> None:
    async def work() -> tuple[bytes, bytes, int | None]:
        child = await PipedChild.start(command(ECHO), line_limit=1000)
        await child.write(b"abc\n")
        first = await child.readline()
        await child.end(30.0)
        return first, await child.readline(), child.exit_code

    assert run(work()) == (b"cba\n", b"", 3)


@pytest.mark.parametrize("line_limit", [1000, None])
def test_a_child_that_does_not_end_is_killed(line_limit: int | None) -> None:
    async def work() -> int | None:
        child = await PipedChild.start(command(SLEEP), line_limit=line_limit)
        await child.end(0.1)
        await child.end(0.1)
        return child.exit_code

    assert run(work()) == -signal.SIGKILL


def test_the_last_lines_of_stderr_explain_an_end() -> None:
    noisy = "import sys\nfor n in range(100): print('line', n, file=sys.stderr)\nsys.exit(7)"

    async def work() -> str:
        child = await PipedChild.start(command(noisy))
        return await child.failure("a generator")

    first, *lines = run(work()).splitlines()
    assert first == "a generator exited with 7"
    assert lines == [f"line {number}" for number in range(80, 100)]


def test_a_line_is_not_awaited_from_one_when_another_exits() -> None:
    async def work() -> None:
        waiting = await PipedChild.start(command(ECHO), line_limit=1000)
        dying = await PipedChild.start(command("import sys; sys.exit('out of memory')"))
        try:
            await waiting.readline(unless_exits=[dying])
        finally:
            await waiting.end(30.0)

    with pytest.raises(LoadError, match="a generator exited with 1\nout of memory"):
        run(work())


def test_a_line_that_is_there_counts_more_than_an_exit() -> None:
    async def work() -> list[bytes]:
        talking = await PipedChild.start(command("print('one'); print('two')"), line_limit=1000)
        dead = await PipedChild.start(command(""))
        await talking.failure("")
        await dead.failure("")
        return [await talking.readline(unless_exits=[dead]) for _ in range(2)]

    assert run(work()) == [b"one\n", b"two\n"]


def test_writing_to_a_child_that_has_ended_does_nothing() -> None:
    async def work() -> bytes:
        child = await PipedChild.start(command(""), line_limit=1000)
        await child.failure("")
        for _ in range(3):
            await child.write(b"x" * 100_000 + b"\n")
        return await child.readline()

    assert run(work()) == b""


def test_a_command_that_does_not_exist_is_reported() -> None:
    with pytest.raises(LoadError, match=r"could not start a process: No such file .*: /no/such/program"):
        run(PipedChild.start(["/no/such/program"]))
