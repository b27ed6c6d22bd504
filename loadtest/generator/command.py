"""`loadtest generator`: wiring only."""

from __future__ import annotations

import asyncio
import os
import sys
from contextlib import suppress
from stat import S_ISFIFO, S_ISSOCK

import typer

from loadtest.http_client.connection import ConnectionFailed
from loadtest.target import LoadError

STOPPED = 3


def generator() -> None:
    """負荷発生器。`loadtest run` が起動します（別のマシンでも動きます）。

    Run one load generator. `loadtest run` starts it, also on another machine.

    Reads its assignment from standard input and writes its results to standard output, one line of JSON each;
    ends when its input ends. Exit code 0: completed. 3: failed.
    """
    import uvloop

    from loadtest.generator.messages import Failed

    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_run())
    except (LoadError, ConnectionFailed, OSError) as error:
        with suppress(OSError):
            _send(Failed(reason=str(error)).to_line())
        raise typer.Exit(STOPPED) from error


async def _run() -> None:
    from loadtest.generator.messages import MAX_LINE_LENGTH
    from loadtest.generator.runner import run_generator

    kind = os.fstat(sys.stdin.fileno()).st_mode
    if not S_ISFIFO(kind) and not S_ISSOCK(kind):
        raise LoadError("a generator reads its assignment from a pipe: `loadtest run` starts it")
    reader = asyncio.StreamReader(limit=MAX_LINE_LENGTH)
    protocol = asyncio.StreamReaderProtocol(reader)
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(lambda: protocol, sys.stdin.buffer)
    try:
        await run_generator(reader, lambda message: _send(message.to_line()))
    finally:
        transport.close()


def _send(line: bytes) -> None:
    sys.stdout.buffer.write(line)
    sys.stdout.buffer.flush()
