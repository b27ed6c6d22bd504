"""Writes the log without delaying or failing the program that logs.

Standard error may be a full disk, a pipe whose reader has stopped or ended, or closed. None of them may reach an
answer: a thread writes, and a line that cannot be written is lost and counted.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from io import StringIO
from multiprocessing.util import Finalize
from queue import Empty, SimpleQueue
from typing import TextIO

STANDARD_ERROR = 2

EVENT_FIELDS = frozenset({"event", "level", "timestamp"})
"""The fields of every log line."""

MAX_WAITING_LINES = 10_000
"""Lines that wait for a slow standard error; further ones are lost. 3 MB at most, seconds of full load."""

_PAUSE_SECONDS = 0.02
"""Pause after each write, so that the lines of many requests share one."""

_FLUSH_SECONDS = 1.0

_LAST = -1
"""Priority among what `multiprocessing` calls when a process ends: behind what writes lines."""

Lost = Callable[[int], object]
"""Counts lost lines."""


def at_end(function: Callable[[], object]) -> Finalize:
    """Call a function when this process ends: `atexit` calls nothing in a process that `multiprocessing` started."""
    return Finalize(None, function, exitpriority=_LAST)


class BackgroundLog:
    """structlog's logger and its factory: queues lines for a thread, which writes them to a file descriptor."""

    def __init__(self, descriptor: int, lost: Lost) -> None:
        self._descriptor = descriptor
        self._lost = lost
        self._lines: SimpleQueue[str | None] = SimpleQueue()
        self._torn = False
        self._thread = threading.Thread(target=self._write_forever, name="log", daemon=True)
        self._thread.start()
        self._at_end = at_end(self.close)

    def __call__(self, *_: object) -> BackgroundLog:
        """The logger itself (structlog's interface of a factory)."""
        return self

    def msg(self, line: str) -> None:
        """Log a line. Never waits and never raises."""
        if self._lines.qsize() >= MAX_WAITING_LINES:
            self._lost(1)
        else:
            self._lines.put(line)

    debug = info = warning = error = critical = msg

    def close(self) -> None:
        """Write what waits, for at most a second, and end the thread."""
        self._lines.put(None)
        self._thread.join(_FLUSH_SECONDS)
        self._at_end.cancel()

    def _write_forever(self) -> None:
        lines: list[str | None] = []
        while None not in lines:
            lines = [self._lines.get()]
            with suppress(Empty):
                while True:
                    lines.append(self._lines.get_nowait())
            self._write([line for line in lines if line is not None])
            time.sleep(_PAUSE_SECONDS)

    def _write(self, lines: list[str]) -> None:
        data = "".join(f"{line}\n" for line in lines).encode(errors="replace")
        if self._torn:  # the last line may have been cut, and the next one must not continue it
            data = b"\n" + data
        try:
            while data:
                data = data[os.write(self._descriptor, data) :]
        except OSError:
            self._lost(min(data.count(b"\n"), len(lines)))
        self._torn = bool(data)


class LogStream(StringIO):
    """A stream for handlers of Python's `logging`, each of whose messages is one write."""

    def __init__(self, log: BackgroundLog) -> None:
        super().__init__()
        self._log = log

    def write(self, text: str) -> int:
        """Log the text."""
        self._log.msg(text.removesuffix("\n"))
        return len(text)


class DirectLog:
    """structlog's logger and its factory for a stream in memory, such as a test's: writes at once."""

    def __init__(self, stream: TextIO, lost: Lost) -> None:
        self._stream = stream
        self._lost = lost

    def __call__(self, *_: object) -> DirectLog:
        """The logger itself (structlog's interface of a factory)."""
        return self

    def msg(self, line: str) -> None:
        """Log a line. Never raises."""
        try:
            self._stream.write(f"{line}\n")
            self._stream.flush()
        except (OSError, ValueError):
            self._lost(1)

    debug = info = warning = error = critical = msg


def log_to_standard_error(lost: Lost) -> BackgroundLog | DirectLog:
    """A logger for the present `sys.stderr`."""
    stream = _standard_error()
    try:
        descriptor = stream.fileno()
    except (OSError, ValueError):
        descriptor = None
    return BackgroundLog(STANDARD_ERROR, lost) if descriptor == STANDARD_ERROR else DirectLog(stream, lost)


def _standard_error() -> TextIO:
    """`sys.stderr`. Where it is closed, its descriptor is occupied: another file that got it would be written to."""
    if sys.stderr is None:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        if nowhere != STANDARD_ERROR:
            os.dup2(nowhere, STANDARD_ERROR)
        os.set_inheritable(STANDARD_ERROR, True)
        sys.stderr = os.fdopen(STANDARD_ERROR, "w", closefd=False)
    return sys.stderr
