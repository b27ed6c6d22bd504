"""`loadtest generate`: wiring only."""

from __future__ import annotations

import asyncio
import sys
from contextlib import suppress

import typer

from loadtest.generating.generator import generate as run_generator
from loadtest.generating.messages import LINE_LIMIT, Failed, Said
from loadtest.line.connection import LineError
from loadtest.surroundings import LoadError

STOPPED = 3


def generate() -> None:
    """発生器 / One generator of a run. For `loadtest run`, which starts it, also on another machine.

    Takes its order on standard input and says on standard output what it saw, JSON by lines; ends when its input does.
    Exit code 0: it did what it was told. 3: it could not.
    """
    import uvloop

    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_generate())
    except (LoadError, LineError, OSError) as error:
        with suppress(OSError):
            _say(Failed(why=str(error)))
        raise typer.Exit(STOPPED) from error


async def _generate() -> None:
    reader = asyncio.StreamReader(limit=LINE_LIMIT)
    protocol = asyncio.StreamReaderProtocol(reader)
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(lambda: protocol, sys.stdin.buffer)
    try:
        await run_generator(reader, _say)
    finally:
        transport.close()


def _say(word: Said) -> None:
    sys.stdout.buffer.write(word.line())
    sys.stdout.buffer.flush()
