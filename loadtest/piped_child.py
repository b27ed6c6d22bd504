"""A child process whose last lines of stderr explain its end, and which may be spoken to in lines."""

from __future__ import annotations

import asyncio
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections import deque
from collections.abc import Collection, Sequence
from contextlib import suppress
from typing import Any, Self

from loadtest.errors import LoadError

_TAIL_LINES = 20
_LINE_LIMIT = 1 << 20


class PipedChild:
    """A child in a session of its own: Ctrl-C does not reach it."""

    def __init__(self, process: Process) -> None:
        assert process.stderr is not None
        self._process = process
        self._tail: deque[str] = deque(maxlen=_TAIL_LINES)
        self._tail_reader = asyncio.create_task(self._read_stderr(process.stderr))
        self._exit = asyncio.create_task(process.wait())

    @classmethod
    async def start(cls, command: Sequence[str], *, line_limit: int | None = None) -> Self:
        """Start a command. `line_limit`: bytes of its longest line; None: its stdin and stdout are not used.

        Raises LoadError.
        """
        use = DEVNULL if line_limit is None else PIPE
        try:
            process = await asyncio.create_subprocess_exec(
                *command,
                stdin=use,
                stdout=use,
                stderr=PIPE,
                limit=line_limit or _LINE_LIMIT,
                start_new_session=True,
            )
        except OSError as error:
            raise LoadError(f"could not start a process: {error.strerror}: {command[0]}") from error
        return cls(process)

    @property
    def pid(self) -> int:
        """Of the process on this machine."""
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """None while it runs; negative: the signal that ended it."""
        return self._process.returncode

    async def write(self, line: bytes) -> None:
        """Send a line. Does nothing if the process has ended: `readline` tells."""
        assert self._process.stdin is not None
        with suppress(ConnectionError):
            self._process.stdin.write(line)
            await self._process.stdin.drain()

    async def readline(self, *, unless_exits: Collection[PipedChild] = ()) -> bytes:
        """The next line, empty at the end. Raises LoadError if one of some other children exits before it."""
        assert self._process.stdout is not None
        reading = asyncio.create_task(self._process.stdout.readline())
        tasks: list[asyncio.Task[Any]] = [reading, *(child._exit for child in unless_exits)]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        if reading.done():
            return reading.result()
        reading.cancel()
        exited = next(child for child in unless_exits if child._exit.done())
        raise LoadError(await exited.failure("a generator"))

    async def failure(self, name: str) -> str:
        """How it exited, with its last lines."""
        code = await self._exit
        await asyncio.wait([self._tail_reader])
        return "\n".join([f"{name} exited with {code}", *self._tail])

    async def end(self, seconds: float) -> None:
        """Close its stdin, if it has one, which asks it to end, and kill it after some seconds."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        await asyncio.wait([self._exit], timeout=seconds)
        if not self._exit.done():
            with suppress(ProcessLookupError):
                self._process.kill()
            await self._exit
        self._tail_reader.cancel()

    async def _read_stderr(self, stream: asyncio.StreamReader) -> None:
        async for line in stream:
            self._tail.append(line.decode(errors="replace").rstrip())
