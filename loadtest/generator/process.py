"""One generator's process, as its coordinator has it."""

from __future__ import annotations

import asyncio
from asyncio.subprocess import PIPE, Process
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import suppress
from tempfile import TemporaryFile
from weakref import finalize

from pydantic import ValidationError

from loadtest.generator.messages import (
    GO,
    LINE_LIMIT,
    Answers,
    Done,
    Failed,
    Order,
    Progress,
    Ready,
    Word,
    read_word,
)
from loadtest.scenario.answer_sample import Kept
from loadtest.target import LoadError


class Spool:
    """A file without a name, gone with this."""

    def __init__(self) -> None:
        self._file = TemporaryFile()  # noqa: SIM115 - open as long as this is
        finalize(self, self._file.close)
        self._count = 0

    def add(self, answers: Answers) -> None:
        """Some more."""
        self._file.write(answers.line())
        self._count += len(answers.kept)

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Kept]:
        self._file.seek(0)
        for line in self._file:
            yield from Answers.model_validate_json(line).kept


_END_SECONDS = 10.0
_TAIL_LINES = 20


class Member:
    """A generator that was started by a command line. `latest`: how it goes, once it has said so."""

    def __init__(self, process: Process) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        self.latest: Progress | None = None
        self._process = process
        self._orders, self._words = process.stdin, process.stdout
        self._complaints: deque[str] = deque(maxlen=_TAIL_LINES)
        self._listening = asyncio.create_task(self._keep_complaints(process.stderr))

    @classmethod
    async def start(cls, command: Sequence[str]) -> Member:
        """Start the process, in a session of its own: Ctrl-C is the coordinator's. Raises LoadError."""
        try:
            process = await asyncio.create_subprocess_exec(
                *command, stdin=PIPE, stdout=PIPE, stderr=PIPE, limit=LINE_LIMIT, start_new_session=True
            )
        except OSError as error:
            raise LoadError(f"no generator: {error.strerror}: {command[0]}") from error
        return cls(process)

    @property
    def pid(self) -> int:
        """Of the process on this machine: the generator itself, or what leads to it."""
        return self._process.pid

    @property
    def ended(self) -> bool:
        """Whether the process is over."""
        return self._process.returncode is not None

    async def prepare(self, order: Order) -> None:
        """Give it its order and wait until it is ready. Raises LoadError."""
        self._orders.write(order.line())
        with suppress(ConnectionError):  # what it died of is told in its place
            await self._orders.drain()
        if not isinstance(await self._hear(), Ready):
            raise LoadError("a generator spoke out of turn")

    def go(self) -> None:
        """Let it begin, now."""
        self._orders.write(GO)

    async def done(self, spool: Spool) -> Done:
        """Wait until it has driven everything; its sample's answers go to the spool. Raises LoadError."""
        while True:
            match await self._hear():
                case Progress() as word:
                    self.latest = word
                case Answers() as word:
                    spool.add(word)
                case Done() as word:
                    return word
                case _:
                    raise LoadError("a generator spoke out of turn")

    async def end(self) -> None:
        """End the process, whatever it does."""
        self._orders.close()
        try:
            async with asyncio.timeout(_END_SECONDS):
                await self._process.wait()
        except TimeoutError:
            with suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()
        self._listening.cancel()

    async def _hear(self) -> Word:
        line = await self._words.readline()
        if not line:
            code = await self._process.wait()
            await asyncio.wait([self._listening])
            raise LoadError("\n".join([f"a generator ended with {code}", *self._complaints]))
        try:
            word = read_word(line)
        except ValidationError as error:
            raise LoadError("a generator said what is not understood") from error
        if isinstance(word, Failed):
            raise LoadError(word.why)
        return word

    async def _keep_complaints(self, said: asyncio.StreamReader) -> None:
        async for line in said:
            self._complaints.append(line.decode(errors="replace").rstrip())
