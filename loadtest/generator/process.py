"""The coordinator's handle of a generator's process, and the spool of its sampled answers."""

from __future__ import annotations

import asyncio
import shlex
import sys
from asyncio.subprocess import Process
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import suppress
from tempfile import TemporaryFile
from weakref import finalize

from pydantic import ValidationError

from loadtest.child_processes import end_piped, start_piped
from loadtest.generator.messages import (
    MAX_LINE_LENGTH,
    START,
    Answers,
    Assignment,
    Done,
    Failed,
    GeneratorMessage,
    Progress,
    Ready,
    parse_message,
)
from loadtest.scenario.answer_sample import SampledAnswer
from loadtest.target import LoadError

LOCAL_COMMAND = shlex.join((sys.executable, "-c", "from loadtest.cli import main; main()", "generator"))
"""The command line of a generator on this machine."""

_STOP_SECONDS = 10.0
_TAIL_LINES = 20
_UNEXPECTED = "unexpected message from a generator"


class AnswerSpool:
    """Sampled answers in an unnamed temporary file: those of hours are too many for memory."""

    def __init__(self) -> None:
        self._file = TemporaryFile()  # noqa: SIM115 - open as long as this object lives
        finalize(self, self._file.close)
        self._count = 0

    def add(self, answers: Answers) -> None:
        """Append answers."""
        self._file.write(answers.to_line())
        self._count += len(answers.sampled)

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[SampledAnswer]:
        self._file.seek(0)
        for line in self._file:
            yield from Answers.model_validate_json(line).sampled


class GeneratorProcess:
    """A generator started by a command. `latest`: its last progress report."""

    def __init__(self, process: Process) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        self.latest: Progress | None = None
        self._process = process
        self._stdin, self._stdout = process.stdin, process.stdout
        self._stderr_tail: deque[str] = deque(maxlen=_TAIL_LINES)
        self._stderr_reader = asyncio.create_task(self._read_stderr(process.stderr))

    @classmethod
    async def start(cls, command: Sequence[str]) -> GeneratorProcess:
        """Start the process. Raises LoadError."""
        try:
            return cls(await start_piped(command, line_limit=MAX_LINE_LENGTH))
        except OSError as error:
            raise LoadError(f"could not start a generator: {error.strerror}: {command[0]}") from error

    @property
    def pid(self) -> int:
        """Of the process on this machine: the generator itself, or the command that reaches it."""
        return self._process.pid

    @property
    def ended(self) -> bool:
        """Whether the process has ended."""
        return self._process.returncode is not None

    async def prepare(self, assignment: Assignment) -> None:
        """Send the assignment and wait until the generator is ready. Raises LoadError."""
        self._stdin.write(assignment.to_line())
        with suppress(ConnectionError):  # the next read reports why the process ended
            await self._stdin.drain()
        if not isinstance(await self._receive(), Ready):
            raise LoadError(_UNEXPECTED)

    def start_load(self) -> None:
        """Let the generator start its visits."""
        self._stdin.write(START)

    async def result(self, spool: AnswerSpool) -> Done:
        """Wait until the generator is done; its sampled answers go to the spool. Raises LoadError."""
        while True:
            match await self._receive():
                case Progress() as message:
                    self.latest = message
                case Answers() as message:
                    spool.add(message)
                case Done() as message:
                    return message
                case _:
                    raise LoadError(_UNEXPECTED)

    async def end(self) -> None:
        """End the process, whatever it does."""
        await end_piped(self._process, stop_seconds=_STOP_SECONDS)
        self._stderr_reader.cancel()

    async def _receive(self) -> GeneratorMessage:
        line = await self._stdout.readline()
        if not line:
            code = await self._process.wait()
            await asyncio.wait([self._stderr_reader])
            raise LoadError("\n".join([f"a generator exited with {code}", *self._stderr_tail]))
        try:
            message = parse_message(line)
        except ValidationError as error:
            raise LoadError("malformed message from a generator") from error
        if isinstance(message, Failed):
            raise LoadError(message.reason)
        return message

    async def _read_stderr(self, stream: asyncio.StreamReader) -> None:
        async for line in stream:
            self._stderr_tail.append(line.decode(errors="replace").rstrip())
