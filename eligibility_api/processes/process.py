"""Functions of the operating system for the current process: parent, name, memory, signals."""

from __future__ import annotations

import ctypes
import gc
import multiprocessing
import resource
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)
"""The signals that stop a service."""

_PR_SET_PDEATHSIG = 1
_PR_SET_NAME = 15


def die_with_parent() -> None:
    """Make the kernel end this process when its parent ends, so that a killed server leaves no workers."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    parent = multiprocessing.parent_process()
    if parent is not None and not parent.is_alive():  # it ended before prctl was called
        raise SystemExit(1)


def name_process(name: str) -> None:
    """Set the process name that `ps` and `top` show; 15 characters at most."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_NAME, name.encode(), 0, 0, 0)


def max_open_files() -> int:
    """Raise this process's limit of open files as far as it is allowed, and return it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


def exclude_from_garbage_collection() -> None:
    """Exclude all existing objects from Python's cyclic garbage collection: they live as long as the process.

    A full collection would traverse some 200,000 objects of libraries in 90 ms, during which no request is
    answered, and free nothing.
    """
    gc.collect()
    gc.freeze()


@contextmanager
def block_stop_signals() -> Iterator[None]:
    """Block the stop signals until the block is done, or uses `unblock_stop_signals`.

    A handler that raises may do so anywhere: inside a library that swallows the exception, or before a child
    process was registered. Processes started inside inherit this.
    """
    with _signal_mask(signal.SIG_BLOCK):
        yield


@contextmanager
def unblock_stop_signals() -> Iterator[None]:
    """Unblock the stop signals inside `block_stop_signals`: for a long wait that holds no resources."""
    with _signal_mask(signal.SIG_UNBLOCK):
        yield


@contextmanager
def _signal_mask(operation: int) -> Iterator[None]:
    former = signal.pthread_sigmask(operation, STOP_SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, former)
