"""Ending in order: what a command started must not outlive it."""

from __future__ import annotations

import signal
from typing import NoReturn


def end_like_ctrl_c() -> None:
    """Let SIGTERM end this program as Ctrl-C does: with everything that it started ended."""
    signal.signal(signal.SIGTERM, _interrupt)


def _interrupt(*_: object) -> NoReturn:
    raise KeyboardInterrupt
