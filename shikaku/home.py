"""The home folder of a stack: one stack at a time uses it, and a start empties it."""

from __future__ import annotations

import fcntl
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from shikaku.processes import StackError

_LOCK_SECONDS = 30.0


@contextmanager
def locked_home(home: Path) -> Iterator[int]:
    """Lock and empty a home folder; the descriptor of the lock. Raises StackError.

    Services inherit the lock: it is free once those of a killed stack ended.
    """
    home.parent.mkdir(parents=True, exist_ok=True)
    lock = os.open(home.with_name(f"{home.name}.lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        deadline = time.monotonic() + _LOCK_SECONDS
        while not _locked(lock):
            if time.monotonic() > deadline:
                raise StackError(f"Another stack is running in {home}.")
            time.sleep(0.1)
        _empty(home)
        yield lock
    finally:
        os.close(lock)


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _empty(home: Path) -> None:
    """Make the folder empty. Raises StackError if it has files of something else."""
    mark = home / ".stack"
    if home.exists() and any(home.iterdir()) and not mark.exists():
        raise StackError(f"{home} contains files of something else, and would be emptied. Remove it first.")
    if home.exists():
        shutil.rmtree(home)
    home.mkdir(mode=0o700)
    mark.touch()
