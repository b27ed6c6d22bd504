"""Runs many commands of a program quickly: each in a child forked from a process that has imported the program.

To start Python and import a program takes ten times as long as most of its commands.
"""

from __future__ import annotations

import gc
import itertools
import json
import os
import selectors
import signal
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from importlib import import_module
from tempfile import TemporaryFile
from types import TracebackType
from typing import IO, Any, NoReturn, Self

from shikaku.processes import MODULES, ROOT, StackError

PROGRAMS = ("eligibility-api", "jpki-mock", "payer-mock", "clinic-terminal")
"""Whose commands are run so, in the order of their first use. The others start processes and threads of their own."""

_STOP_SECONDS = 10.0
_IMPORT = "import sys"
"""What a process does first."""

_READ_BYTES = 64 * 1024


class WarmCommands:
    """Runs commands like `subprocess.run`. A context manager; threads may share it, and their commands run side by side."""

    def __init__(self, seconds: int) -> None:
        """`seconds`: after them a command is killed."""
        self._seconds = seconds
        self._warm: dict[str, _Warm] = {}
        self._started: list[_Warm] = []
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for process in self._started:
            process.stop()

    def prepare(self) -> None:
        """Let the programs be imported, without waiting for it."""
        for name in PROGRAMS:
            self._process(name)

    def run(
        self, name: str, arguments: Sequence[str], environment: Mapping[str, str], stdin: str
    ) -> subprocess.CompletedProcess[str]:
        """Run a command of the program `name` in `ROOT`. Raises StackError if its process has ended."""
        done = self._process(name).run(
            {
                "arguments": list(arguments),
                "environment": dict(environment),
                "stdin": stdin,
                "seconds": self._seconds,
            }
        )
        return subprocess.CompletedProcess(arguments, done["code"], done["stdout"], done["stderr"])

    def _process(self, name: str) -> _Warm:
        """The process of a program; a new one if it has ended."""
        with self._lock:
            process = self._warm.get(name)
            if process is None or process.ended:
                process = self._warm[name] = _Warm(name)
                self._started.append(process)
            return process


class _Warm:
    """A process that has imported a program, and forks one child for each command."""

    def __init__(self, name: str) -> None:
        self._name = name
        program = f"{_IMPORT}; from shikaku.warm import serve; serve({name!r}, {MODULES[name]!r})"
        self._process = subprocess.Popen(
            [sys.executable, "-c", program],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
            start_new_session=True,
        )
        self._numbers = itertools.count()
        self._results: dict[int, Future[dict[str, Any]]] = {}
        self._lock = threading.Lock()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def ended(self) -> bool:
        """Whether it runs no more commands."""
        return self._process.poll() is not None

    def run(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Send a request, and wait for its result. Raises StackError."""
        assert self._process.stdin is not None
        result: Future[dict[str, Any]] = Future()
        with self._lock:
            number = next(self._numbers)
            self._results[number] = result
            with suppress(BrokenPipeError):
                self._process.stdin.write(json.dumps({"number": number, **request}) + "\n")
                self._process.stdin.flush()
        if not self._reader.is_alive():
            self._fail()
        return result.result()

    def stop(self) -> None:
        """End the process: it takes no more commands, or is killed with those that it runs."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with suppress(BrokenPipeError):
            self._process.stdin.close()
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self._reader.join()
        self._process.stdout.close()

    def _read(self) -> None:
        """Pass results on, until the process has ended."""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            result = json.loads(line)
            with self._lock:
                waiting = self._results.pop(result["number"])
            waiting.set_result(result)
        self._process.wait()
        self._fail()

    def _fail(self) -> None:
        """Say to all that still wait that the process has ended."""
        with self._lock:
            waiting, self._results = self._results, {}
        for result in waiting.values():
            reason = f"{self._name}: the process for its commands ended with {self._process.wait()}"
            result.set_exception(StackError(reason))


def serve(name: str, module: str) -> None:
    """Import the program `name`, and run the commands that come as lines of JSON until there are no more.

    What a command imported, the next one finds imported.
    """
    main: Callable[[], object] = import_module(module).main
    running: dict[int, _Command] = {}
    with _Events() as events:
        while events.open or running:
            for line in events.wait():
                gc.freeze()  # a child that looks for garbage among the modules copies them
                command = _Command(main, name, json.loads(line))
                running[command.child] = command
            for child, status in _ended_children():
                _finish(running.pop(child), os.waitstatus_to_exitcode(status))


def _finish(command: _Command, code: int) -> None:
    result, imported = command.result(code)
    sys.stdout.write(json.dumps(result) + "\n")
    sys.stdout.flush()
    for one in imported:
        with suppress(Exception):  # the command that needs it says why it cannot be imported
            import_module(one)


def _ended_children() -> Iterator[tuple[int, int]]:
    """The children that have ended, and their wait statuses."""
    with suppress(ChildProcessError):
        while (found := os.waitpid(-1, os.WNOHANG))[0]:
            yield found


class _Events:
    """What a process for commands waits for: a line on standard input, or the end of a child."""

    def __init__(self) -> None:
        self.open = True
        self._part = b""
        self._ended, self._wakeup = os.pipe()
        self._selector = selectors.DefaultSelector()

    def __enter__(self) -> Self:
        os.set_blocking(self._wakeup, False)
        os.set_blocking(self._ended, False)
        signal.set_wakeup_fd(self._wakeup, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        self._selector.register(sys.stdin.fileno(), selectors.EVENT_READ)
        self._selector.register(self._ended, selectors.EVENT_READ)
        return self

    def __exit__(self, *_: object) -> None:
        self._selector.close()

    def wait(self) -> list[bytes]:
        """Wait for one of them; returns the lines that have come."""
        lines: list[bytes] = []
        for key, _ in self._selector.select():
            content = os.read(key.fd, _READ_BYTES)
            if key.fd == self._ended:
                continue
            if not content:
                self.open = False
                self._selector.unregister(key.fd)
            *whole, self._part = (self._part + content).split(b"\n")
            lines += whole
        return lines


class _Command:
    """A command that runs in a child, with files for its streams."""

    def __init__(self, main: Callable[[], object], name: str, request: Mapping[str, Any]) -> None:
        """Start it."""
        self._number: int = request["number"]
        stdin, self._stdout, self._stderr, self._modules = (
            TemporaryFile()  # noqa: SIM115 - closed with its result
            for _ in range(4)
        )
        with stdin:
            stdin.write(request["stdin"].encode())
            stdin.seek(0)
            self.child = os.fork()
            if self.child == 0:
                streams = (stdin, self._stdout, self._stderr)
                _be(main, [name, *request["arguments"]], request, streams, self._modules)

    def result(self, code: int) -> tuple[dict[str, Any], list[str]]:
        """What is sent back once it has ended with `code` (negative: the signal), and the modules that it imported."""
        with self._stdout, self._stderr, self._modules:
            texts = {"stdout": _text(self._stdout), "stderr": _text(self._stderr)}
            return {"number": self._number, "code": code, **texts}, _text(self._modules).split()


def _be(
    main: Callable[[], object],
    argv: list[str],
    request: Mapping[str, Any],
    streams: tuple[IO[bytes], ...],
    modules: IO[bytes],
) -> NoReturn:
    """Be the command, as a process of its own would be."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.alarm(request["seconds"])
    for descriptor, stream in enumerate(streams):
        os.dup2(stream.fileno(), descriptor)
    sys.stdin, sys.stdout, sys.stderr = (
        os.fdopen(descriptor, mode, encoding="utf-8", closefd=False)
        for descriptor, mode in enumerate(("r", "w", "w"))
    )
    os.environ.clear()
    os.environ.update(request["environment"])
    sys.argv = argv
    before = set(sys.modules)
    code = _exit_code(main)
    sys.stdout.flush()
    sys.stderr.flush()
    modules.write("\n".join(name for name in sys.modules if name not in before).encode())
    modules.flush()
    os._exit(code)


def _exit_code(main: Callable[[], object]) -> int:
    """Run a program's main function; the exit code that Python would have ended with."""
    try:
        main()
    except SystemExit as end:
        if end.code is None or isinstance(end.code, int):
            return int(end.code or 0)
        print(end.code, file=sys.stderr)
        return 1
    except BaseException:
        traceback.print_exc()
        return 1
    return 0


def _text(stream: IO[bytes]) -> str:
    """All that was written to a stream."""
    stream.seek(0)
    return stream.read().decode(errors="replace")
