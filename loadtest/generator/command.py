"""`loadtest generate`: wiring only."""

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


def generate() -> None:
    """発生器 / One generator of a run. For `loadtest run`, which starts it, also on another machine.

    Takes its order on standard input and says on standard output what it saw, JSON by lines; ends when its input does.
    Exit code 0: it did what it was told. 3: it could not.
    """
    import uvloop

    from loadtest.generator.messages import Failed

    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_generate())
    except (LoadError, ConnectionFailed, OSError) as error:
        with suppress(OSError):
            _send(Failed(why=str(error)).line())
        raise typer.Exit(STOPPED) from error


async def _generate() -> None:
    from loadtest.generator.messages import LINE_LIMIT
    from loadtest.generator.runner import generate

    kind = os.fstat(sys.stdin.fileno()).st_mode
    if not S_ISFIFO(kind) and not S_ISSOCK(kind):
        raise LoadError("a generator takes its order through a pipe: `loadtest run` starts it")
    reader = asyncio.StreamReader(limit=LINE_LIMIT)
    protocol = asyncio.StreamReaderProtocol(reader)
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(lambda: protocol, sys.stdin.buffer)
    try:
        await generate(reader, lambda word: _send(word.line()))
    finally:
        transport.close()


def _send(line: bytes) -> None:
    sys.stdout.buffer.write(line)
    sys.stdout.buffer.flush()
