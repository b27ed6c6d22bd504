"""Process matters of the operating system."""

from __future__ import annotations

import ctypes
import gc
import multiprocessing
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

ENDING = (signal.SIGTERM, signal.SIGINT)
"""The signals by which a service is told to end."""

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
    """Let the system's lists (`ps`, `top`) show what this process is; 15 characters at most."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_NAME, name.encode(), 0, 0, 0)


def keep_for_good() -> None:
    """Take all that was made until now out of Python's search for cyclic garbage: it stays as long as the process.

    A full search would look at some 200,000 objects of libraries, 90 ms in which nobody is answered, and find nothing.
    """
    gc.collect()
    gc.freeze()


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Hold back the signals that end this process until the block is done, or says `interruptible`.

    A handler that raises does so anywhere, also where a library swallows it or before a child was taken note of.
    What is started inside inherits this.
    """
    with _masked(signal.SIG_BLOCK):
        yield


@contextmanager
def interruptible() -> Iterator[None]:
    """Let the signals come that `uninterrupted` holds back: for a long wait that holds nothing."""
    with _masked(signal.SIG_UNBLOCK):
        yield


@contextmanager
def _masked(how: int) -> Iterator[None]:
    former = signal.pthread_sigmask(how, ENDING)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, former)
