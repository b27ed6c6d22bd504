"""The processes of the house that faults are inflicted on, found on this machine."""

from __future__ import annotations

import os
import signal
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from urllib.parse import urlsplit

from loadtest.machine import processes
from loadtest.machine.costs import database_processes
from loadtest.target import LoadError, Surroundings


def jlis(there: Surroundings) -> set[int]:
    """J-LIS's processes. Raises LoadError where none is on this machine."""
    return _some("J-LIS", processes.listening_on(_port(there.environment.get("FUND_JLIS_URL", ""))))


def api_workers(there: Surroundings) -> set[int]:
    """The API's workers, without the process that looks after them. Raises LoadError."""
    holders = processes.listening_on(_port(there.fund_url))
    return _some("the API", {pid for pid in holders if processes.parent(pid) in holders} or holders)


def postmaster(there: Surroundings) -> int:
    """The embedded PostgreSQL's first process, which started all the others. Raises LoadError where none lives here."""
    try:
        named = int((there.fund_home / "postgres" / "data" / "postmaster.pid").read_text().split()[0])
    except (OSError, ValueError, IndexError):
        named = 0
    [pid] = _some("the embedded database", {named} & database_processes(there.fund_home))
    return pid


def connections(there: Surroundings, workers: Iterable[int]) -> Counter[int]:
    """How many connections each of some workers of the API holds."""
    return Counter(processes.connections_on(_port(there.fund_url), workers))


def stop(pids: Iterable[int]) -> None:
    """Let processes stand still (SIGSTOP): the kernel goes on taking their connections, and nobody answers."""
    _signal(pids, signal.SIGSTOP)


def go_on(pids: Iterable[int]) -> None:
    """Let them work again, those that still live."""
    _signal(pids, signal.SIGCONT)


def kill(pid: int) -> None:
    """End a process without a word."""
    _signal([pid], signal.SIGKILL)


def _signal(pids: Iterable[int], number: signal.Signals) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)


def _some(what: str, pids: set[int]) -> set[int]:
    if not pids:
        raise LoadError(f"{what} does not run on this machine: the fault cannot be inflicted")
    return pids


def _port(url: str) -> int:
    address = urlsplit(url)
    return address.port or (443 if address.scheme == "https" else 80)
