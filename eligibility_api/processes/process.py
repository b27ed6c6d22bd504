"""Operating-system process helpers: signals, names, parent death."""

from __future__ import annotations

import ctypes
import gc
import multiprocessing
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

ENDING = (signal.SIGTERM, signal.SIGINT)
"""The signals that stop a service."""

_PR_SET_PDEATHSIG = 1
_PR_SET_NAME = 15


def die_with_parent() -> None:
    """Ask the kernel to end this process when its parent ends, so that a killed server leaves no worker behind."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    parent = multiprocessing.parent_process()
    if parent is not None and not parent.is_alive():  # it ended before the kernel was asked
        raise SystemExit(1)


def name_process(name: str) -> None:
    """Set the process name shown by `ps` and `top`; 15 characters at most."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_NAME, name.encode(), 0, 0, 0)


def keep_for_good() -> None:
    """Exclude all existing objects from Python's garbage collection: they live as long as the process.

    A full collection would traverse some 200,000 objects of libraries in 90 ms, during which no request is answered.
    """
    gc.collect()
    gc.freeze()


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Block the signals that stop this process until the block ends or enters `interruptible`.

    A handler may raise anywhere, even where a library swallows the exception, or before a child process is registered.
    Processes started inside inherit the blocked signals.
    """
    with _masked(signal.SIG_BLOCK):
        yield


@contextmanager
def interruptible() -> Iterator[None]:
    """Unblock the signals that `uninterrupted` blocks, for a long wait without resources to release."""
    with _masked(signal.SIG_UNBLOCK):
        yield


@contextmanager
def _masked(how: int) -> Iterator[None]:
    former = signal.pthread_sigmask(how, ENDING)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, former)
