"""The running postmaster of a data directory, by its `postmaster.pid`.

`server.py` starts and configures it.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

PORT = 5432
"""The port number is part of the name of PostgreSQL's Unix socket; nothing listens on TCP."""

SOCKET_NAME = f".s.PGSQL.{PORT}"

_POLL_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class Postmaster:
    """The content of a data directory's lock file (PostgreSQL's `pidfile.h`)."""

    data: Path
    pid: int
    socket_directory: Path | None
    ready: bool

    @classmethod
    def of(cls, data: Path) -> Postmaster | None:
        """The postmaster that serves `data`; None if there is none, or only its stale lock file."""
        try:
            lines = [line.strip() for line in (data / "postmaster.pid").read_text().splitlines()]
            pid = int(lines[0])
        except (FileNotFoundError, IndexError, ValueError):
            return None
        socket_directory = Path(lines[4]) if len(lines) > 4 and lines[4] else None
        found = cls(data, pid, socket_directory, ready=len(lines) > 7 and lines[7] == "ready")
        return found if found.alive else None

    @property
    def alive(self) -> bool:
        """Whether the process exists and is this directory's postmaster, not a later process."""
        if not Path("/proc/self").exists():
            return _exists(self.pid)
        try:
            # A postmaster's working directory is its data directory. A zombie process has none.
            return Path(f"/proc/{self.pid}/cwd").samefile(self.data)
        except OSError:
            return False

    @property
    def reachable(self) -> bool:
        """Whether the socket still exists: a cleaner of the temporary directory may have removed it."""
        return self.socket_directory is not None and (self.socket_directory / SOCKET_NAME).exists()

    def shut_down(self, has_ended: Callable[[], bool]) -> None:
        """Stop the server: a fast shutdown, an immediate one after two minutes, finally SIGKILL.

        After an immediate one the next start recovers. `has_ended` returns whether it ended; only the parent
        of a process can determine that reliably.
        """
        for number, timeout_seconds in (
            (signal.SIGINT, 120.0),
            (signal.SIGQUIT, 20.0),
            (signal.SIGKILL, 5.0),
        ):
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)
            if wait_until(has_ended, timeout_seconds):
                return


def remove_stale_locks(data: Path, socket_directory: Path) -> None:
    """Remove the lock files of a dead postmaster.

    PostgreSQL would take any process with that number for it.
    """
    if Postmaster.of(data) is None:
        for lock in (data / "postmaster.pid", socket_directory / f"{SOCKET_NAME}.lock"):
            lock.unlink(missing_ok=True)


def wait_until(condition: Callable[[], bool], seconds: float) -> bool:
    """Wait until `condition` holds, for at most `seconds`; returns whether it holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL_SECONDS)
    return True


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
