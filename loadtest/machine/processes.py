"""Processor time, turns, memory, relations and TCP sockets of processes.

A process that has ended yields zero or nothing, no error.

Sockets are read from Linux's /proc: a server's workers share one listening socket, and
`psutil.net_connections` names one process a socket, while `Process.net_connections` reads the whole table
once for each process.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

_PROC = Path("/proc")
_LISTENING, _ESTABLISHED = "0A", "01"
_MIB = 2**20


def pids() -> list[int]:
    """The ids of all processes."""
    found: list[int] = psutil.pids()
    return found


def wake_without_interrupting() -> None:
    """Let the calling thread wait for its turn when it wakes, instead of interrupting another one (SCHED_BATCH).

    A generator wakes thousands of times a second. On the machine of the service that it measures, each interruption
    would cost both what their caches held. Where the system forbids it, the thread stays as it is.
    """
    with suppress(PermissionError):
        os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))


def cpu_seconds(pid: int) -> float:
    """Processor time of a process and of its children that have ended."""
    try:
        times = psutil.Process(pid).cpu_times()
    except psutil.Error:
        return 0.0
    return float(times.user + times.system + times.children_user + times.children_system)


def own_cpu_seconds(pid: int) -> float | None:
    """Processor time of a process alone; None where it has ended."""
    try:
        times = psutil.Process(pid).cpu_times()
    except psutil.Error:
        return None
    return float(times.user + times.system)


def unshared_mib(pid: int) -> float:
    """Memory that a process does not share with others: resident less shared pages."""
    try:
        memory = psutil.Process(pid).memory_info()
    except psutil.Error:
        return 0.0
    return float((memory.rss - memory.shared) / _MIB)


@dataclass(frozen=True, slots=True)
class CpuTimes:
    """Seconds of all processors since the machine's start: total, idle, and stolen by the hypervisor."""

    total: float
    idle: float
    steal: float


def cpu_times() -> CpuTimes:
    """The whole machine's processor times.

    Waiting for a disk is idle; a guest's time is part of user time.
    """
    times = psutil.cpu_times()
    idle = times.idle + times.iowait
    total = idle + times.user + times.nice + times.system + times.irq + times.softirq + times.steal
    return CpuTimes(total, idle, times.steal)


def name(pid: int) -> str:
    """The program's name; empty where the process has ended."""
    try:
        return str(psutil.Process(pid).name())
    except psutil.Error:
        return ""


def working_directory(pid: int) -> Path | None:
    """A process's working directory."""
    try:
        return Path(psutil.Process(pid).cwd())
    except psutil.Error:
        return None


def parent(pid: int) -> int:
    """The id of the parent process; 0 where the process has ended."""
    try:
        return int(psutil.Process(pid).ppid())
    except psutil.Error:
        return 0


def has_ancestor(pid: int, among: Collection[int]) -> bool:
    """Whether a process was started by one of these, or by a process that was."""
    while (pid := parent(pid)) > 1:
        if pid in among:
            return True
    return False


def with_descendants(root: int) -> set[int]:
    """A process and all its descendants."""
    try:
        return {root} | {child.pid for child in psutil.Process(root).children(recursive=True)}
    except psutil.Error:
        return {root}


def pin(process_ids: Iterable[int], core: int) -> None:
    """Pin all threads of processes, and whatever they start later, to one core."""
    for pid in process_ids:
        with suppress(psutil.Error):
            for thread in psutil.Process(pid).threads():
                with suppress(ProcessLookupError):
                    os.sched_setaffinity(thread.id, {core})


def listening_on(port: int) -> set[int]:
    """The processes that hold a listening socket of a TCP port: a server's workers and their supervisor."""
    sockets = set(_sockets(port, _LISTENING))
    return {pid for pid in pids() if sockets & _open_sockets(pid)}


def connections_on(port: int, process_ids: Iterable[int]) -> dict[int, int]:
    """The number of established connections to a local TCP port that each of the processes holds."""
    sockets = set(_sockets(port, _ESTABLISHED))
    return {pid: len(sockets & _open_sockets(pid)) for pid in process_ids}


def open_files(pid: int) -> int:
    """The number of files that a process has open, sockets and pipes included."""
    with suppress(OSError):
        return sum(1 for _ in (_PROC / str(pid) / "fd").iterdir())
    return 0


def _sockets(port: int, state: str) -> Iterator[str]:
    """The sockets with this local port in a state, named as in a process's file descriptors."""
    for table in ("tcp", "tcp6"):
        try:
            rows = (_PROC / "net" / table).read_text().splitlines()[1:]
        except OSError:
            continue
        for row in rows:
            cells = row.split()
            if cells[3] == state and int(cells[1].rpartition(":")[2], 16) == port:
                yield f"socket:[{cells[9]}]"


def _open_sockets(pid: int) -> set[str]:
    sockets: set[str] = set()
    with suppress(OSError):
        for descriptor in (_PROC / str(pid) / "fd").iterdir():
            with suppress(OSError):
                sockets.add(str(descriptor.readlink()))
    return sockets
