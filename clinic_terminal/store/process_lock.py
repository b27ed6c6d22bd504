"""One process at a time answers requests with a store: two would answer each request twice."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from clinic_terminal.errors import TerminalError

LOCK_FILE = "exchange.lock"


@contextmanager
def only_process(home: Path) -> Iterator[None]:
    """Be the process that answers requests; the lock ends with the process, whatever ends it.

    Raises TerminalError `exchange-running`, `store-failed`.
    """
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(home / LOCK_FILE, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise TerminalError("store-failed", reason=error.strerror or "I/O") from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise TerminalError("exchange-running") from None
        yield
    finally:
        os.close(descriptor)
