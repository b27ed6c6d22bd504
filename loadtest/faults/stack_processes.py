"""Finds the stack's processes on this machine, and signals them."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress
from urllib.parse import urlsplit

from loadtest.errors import LoadError
from loadtest.machine import processes
from loadtest.machine.costs import database_processes
from loadtest.target import TargetEnvironment

_POLL_S = 0.1
RESTART_TIMEOUT_S = 120.0
"""How long a restart may take."""


def jlis(target: TargetEnvironment) -> set[int]:
    """J-LIS's processes. Raises LoadError if none is on this machine."""
    return _found("J-LIS", processes.listening_on(_port(target.environment.get("FUND_JLIS_URL", ""))))


def api_workers(target: TargetEnvironment) -> set[int]:
    """The API's workers, without their supervisor. Raises LoadError if none is on this machine."""
    listening = processes.listening_on(_port(target.fund_url))
    workers = {pid for pid in listening if processes.has_ancestor(pid, listening)}
    return _found("the API", workers or listening)


def postmaster(target: TargetEnvironment) -> int:
    """The parent process of the PostgreSQL that works for the fund: the embedded one, or the cluster's leader.

    Raises LoadError if it does not run on this machine.
    """
    if target.cluster is not None:
        return target.cluster.postmaster(target.cluster.node(target.cluster.leader()))
    try:
        named = int((target.fund_home / "postgres" / "data" / "postmaster.pid").read_text().split()[0])
    except (OSError, ValueError, IndexError):
        named = 0
    [pid] = _found("the embedded database", {named} & database_processes(target.fund_home))
    return pid


def connections(target: TargetEnvironment, workers: Iterable[int]) -> Counter[int]:
    """The number of connections of each of some API workers."""
    return Counter(processes.connections_on(_port(target.fund_url), workers))


def pause(pids: Iterable[int]) -> None:
    """Stop processes (SIGSTOP): the kernel still accepts their connections, but nothing is answered."""
    _signal(pids, signal.SIGSTOP)


def resume(pids: Iterable[int]) -> None:
    """Resume those processes that still exist (SIGCONT)."""
    _signal(pids, signal.SIGCONT)


def kill(pid: int) -> None:
    """Kill a process (SIGKILL)."""
    _signal([pid], signal.SIGKILL)


async def seconds_until(restarted: Callable[[], bool]) -> float | None:
    """Poll until processes have restarted; returns the seconds, or None after the timeout.

    A LoadError of `restarted` means: not yet.
    """
    began = time.monotonic()
    while (elapsed := time.monotonic() - began) < RESTART_TIMEOUT_S:
        with suppress(LoadError):
            if restarted():
                return round(elapsed, 1)
        await asyncio.sleep(_POLL_S)
    return None


def _signal(pids: Iterable[int], number: signal.Signals) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)


def _found(what: str, pids: set[int]) -> set[int]:
    if not pids:
        raise LoadError(f"{what} does not run on this machine: the fault cannot be injected")
    return pids


def _port(url: str) -> int:
    address = urlsplit(url)
    return address.port or (443 if address.scheme == "https" else 80)
