"""Another time for the whole stack: libfaketime moves the clock of every process, also of the embedded database.

No program has a setting for its clock. What measures durations is not moved.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import NoReturn

from shikaku.clock import JAPAN, now
from shikaku.processes import StackError

OFFSET = "FAKETIME"
_LIBRARIES = (
    "/usr/lib/*/faketime/libfaketime.so.1",
    "/usr/lib*/faketime/libfaketime.so.1",
    "/usr/lib/libfaketime.so.1",
)
"""Where distributions install it."""


def instant(text: str) -> datetime:
    """Read an instant (ISO 8601), in Japan if it names no zone. Raises ValueError."""
    read = datetime.fromisoformat(text)
    return read if read.tzinfo else read.replace(tzinfo=JAPAN)


def start_again_at(begin: datetime) -> None:
    """Start this program again, with a clock that shows `begin` now; does nothing in a program that was.

    Raises StackError without libfaketime.
    """
    if OFFSET in os.environ:
        return
    _replace(os.environ | variables(begin, now(), find_library(Path("/"))))


def variables(begin: datetime, present: datetime, library: str) -> dict[str, str]:
    """The environment that moves the clock from `present` to `begin`, for all processes by the same seconds."""
    return {
        "LD_PRELOAD": library,
        OFFSET: f"{(begin - present).total_seconds():+.0f}",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "FAKETIME_DONT_RESET": "1",
    }


def find_library(root: Path, patterns: Iterable[str] = _LIBRARIES) -> str:
    """The library's path below `root`. Raises StackError."""
    for pattern in patterns:
        for found in sorted(root.glob(pattern.lstrip("/"))):
            return str(found)
    raise StackError(
        "--clock: libfaketime が必要です。/ libfaketime is needed (Debian: apt-get install faketime)."
    )


def _replace(environment: dict[str, str]) -> NoReturn:
    os.execve(sys.executable, [sys.executable, "-m", "shikaku.serve", *sys.argv[1:]], environment)  # noqa: S606 - ours
