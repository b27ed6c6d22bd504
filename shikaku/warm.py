"""Runs many commands of a program quickly: each in a child forked from a process that has imported the program.

To start Python and import a program takes ten times as long as most of its commands.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from importlib import import_module
from tempfile import TemporaryFile
from types import TracebackType
from typing import IO, Any, NoReturn, Self

from shikaku.processes import MODULES, ROOT, StackError

_STOP_SECONDS = 10.0
_IMPORT = "import sys"
"""What a process does first."""


class WarmCommands:
    """Runs commands like `subprocess.run`. A context manager; threads may share it."""

    def __init__(self, seconds: int) -> None:
        """`seconds`: after them a command is killed."""
        self._seconds = seconds
        self._idle: dict[str, list[_Warm]] = {}
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

    def run(
        self, name: str, arguments: Sequence[str], environment: Mapping[str, str], stdin: str
    ) -> subprocess.CompletedProcess[str]:
        """Run a command of the program `name` in `ROOT`. Raises StackError if its process has ended."""
        process = self._take(name)
        done = process.run(
            {
                "arguments": list(arguments),
                "environment": dict(environment),
                "stdin": stdin,
                "seconds": self._seconds,
            }
        )
        with self._lock:
            self._idle.setdefault(name, []).append(process)
        return subprocess.CompletedProcess(arguments, done["code"], done["stdout"], done["stderr"])

    def _take(self, name: str) -> _Warm:
        """An idle process of the program, else a new one."""
        with self._lock:
            if idle := self._idle.get(name):
                return idle.pop()
            process = _Warm(name)
            self._started.append(process)
            return process


class _Warm:
    """A process that has imported a program, and runs one command at a time."""

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

    def run(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Send a request, and wait for its result. Raises StackError."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with suppress(BrokenPipeError):
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()
        if not (line := self._process.stdout.readline()):
            raise StackError(f"{self._name}: the process for its commands ended with {self._process.wait()}")
        result: dict[str, Any] = json.loads(line)
        return result

    def stop(self) -> None:
        """End the process: it stops reading commands, or is killed with the one that it runs."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with suppress(BrokenPipeError):
            self._process.stdin.close()
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self._process.stdout.close()


def serve(name: str, module: str) -> None:
    """Import the program `name`, and run the commands that come as lines of JSON until there are no more.

    What a command imported, the next one finds imported.
    """
    main: Callable[[], object] = import_module(module).main
    for line in sys.stdin:
        request = json.loads(line)
        with TemporaryFile() as stdin, TemporaryFile() as stdout, TemporaryFile() as stderr:
            stdin.write(request["stdin"].encode())
            stdin.seek(0)
            code, imported = _forked(main, [name, *request["arguments"]], request, (stdin, stdout, stderr))
            result = {"code": code, "stdout": _text(stdout), "stderr": _text(stderr)}
        sys.stdout.write(json.dumps(result) + "\n")
        sys.stdout.flush()
        for one in imported:
            with suppress(Exception):  # the command that needs it says why it cannot be imported
                import_module(one)


def _forked(
    main: Callable[[], object], argv: list[str], request: Mapping[str, Any], streams: tuple[IO[bytes], ...]
) -> tuple[int, list[str]]:
    """Run a command in a child; its exit code (negative: the signal), and the modules that it imported."""
    with TemporaryFile() as modules:
        child = os.fork()
        if child == 0:
            _command(main, argv, request, streams, modules)
        _, status = os.waitpid(child, 0)
        return os.waitstatus_to_exitcode(status), _text(modules).split()


def _command(
    main: Callable[[], object],
    argv: list[str],
    request: Mapping[str, Any],
    streams: tuple[IO[bytes], ...],
    modules: IO[bytes],
) -> NoReturn:
    """Be the command, as a process of its own would be."""
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
