"""Child processes: starting them in a session of their own, and making sure that they end."""

from __future__ import annotations

import asyncio
import signal
import subprocess
from asyncio.subprocess import PIPE, Process
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import IO, NoReturn


@contextmanager
def child_process(
    command: Sequence[str],
    *,
    stop_seconds: float,
    environment: Mapping[str, str] | None = None,
    output: IO[bytes] | None = None,
    pass_fds: Collection[int] = (),
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a command for the duration of the block, then end it: SIGTERM, and SIGKILL after `stop_seconds`.

    `output`: a file for stdout and stderr (default: inherited). Ctrl-C does not reach the child: it has its
    own session.
    """
    process = subprocess.Popen(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        pass_fds=pass_fds,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(stop_seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


async def start_piped(command: Sequence[str], *, line_limit: int) -> Process:
    """Start a command whose stdin, stdout and stderr are pipes.

    `line_limit`: bytes of its longest line. Raises OSError.
    """
    return await asyncio.create_subprocess_exec(
        *command, stdin=PIPE, stdout=PIPE, stderr=PIPE, limit=line_limit, start_new_session=True
    )


async def end_piped(process: Process, *, stop_seconds: float) -> None:
    """Close the stdin of a process, which asks it to end, and kill it after `stop_seconds`."""
    assert process.stdin is not None
    process.stdin.close()
    try:
        async with asyncio.timeout(stop_seconds):
            await process.wait()
    except TimeoutError:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


def exit_on_sigterm() -> None:
    """Handle SIGTERM like Ctrl-C, so that this program ends its child processes before it exits."""
    signal.signal(signal.SIGTERM, _interrupt)


def _interrupt(*_: object) -> NoReturn:
    raise KeyboardInterrupt
