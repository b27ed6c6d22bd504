"""A running PostgreSQL as its data directory tells of it: `postmaster.pid`, and whether that process really lives.

Starting and configuring it is `embedded.py`.
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
"""A port number is part of the name of PostgreSQL's Unix socket; nothing listens on TCP."""

SOCKET_NAME = f".s.PGSQL.{PORT}"

_POLL_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class Postmaster:
    """What the lock file of a data directory says (PostgreSQL's `pidfile.h`): process, socket directory, status."""

    data: Path
    pid: int
    socket_directory: Path | None
    ready: bool

    @classmethod
    def of(cls, data: Path) -> Postmaster | None:
        """The postmaster that serves `data`, or None when there is none or only its stale lock file."""
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
        """Whether the process exists and is this directory's postmaster, not a later bearer of its number."""
        if not Path("/proc/self").exists():
            return _exists(self.pid)
        try:
            # A postmaster works in its data directory. A dead one that nobody has reaped has no directory.
            return Path(f"/proc/{self.pid}/cwd").samefile(self.data)
        except OSError:
            return False

    @property
    def reachable(self) -> bool:
        """Whether the socket is still where it was: a cleaner of the temporary directory may have removed it."""
        return self.socket_directory is not None and (self.socket_directory / SOCKET_NAME).exists()

    def shut_down(self, gone: Callable[[], bool]) -> None:
        """End it: fast, after two minutes at once (the next start recovers), and at the very last by force.

        `gone` tells whether it ended; only the parent of a process can say so for certain.
        """
        for number, patience in ((signal.SIGINT, 120.0), (signal.SIGQUIT, 20.0), (signal.SIGKILL, 5.0)):
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)
            if wait_until(gone, patience):
                return


def remove_stale_locks(data: Path, socket_directory: Path) -> None:
    """Remove lock files of a postmaster that is no more: PostgreSQL itself would take any process of that number for it."""
    if Postmaster.of(data) is None:
        for lock in (data / "postmaster.pid", socket_directory / f"{SOCKET_NAME}.lock"):
            lock.unlink(missing_ok=True)


def wait_until(condition: Callable[[], bool], seconds: float) -> bool:
    """Wait until `condition` holds, at most `seconds`; whether it does."""
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
