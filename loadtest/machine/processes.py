"""What Linux's /proc tells of processes (proc(5)). A process that is gone tells nothing, and is no error."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

_PROC = Path("/proc")
_LISTENING, _ESTABLISHED = "0A", "01"
_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
_AFTER_NAME = re.compile(r".*\) ", re.DOTALL)
_UTIME, _CUTIME, _CSTIME = 11, 13, 15
"""Places of utime, stime, cutime and cstime, in /proc/PID/stat, counted behind the name."""

_IDLE, _STEAL, _GUEST = slice(3, 5), 7, 8
"""Places in the first line of /proc/stat: idle and waiting for a disk, taken by a hypervisor, counted twice from there."""


def processes() -> Iterator[int]:
    """Every process there is."""
    return (int(folder.name) for folder in _PROC.glob("[0-9]*"))


def cpu_seconds(pid: int) -> float:
    """Processor time of a process and of its children that ended."""
    fields = _AFTER_NAME.sub("", _read(pid, "stat")).split()
    return sum(map(int, fields[_UTIME:_CSTIME])) / _TICKS_PER_SECOND


def own_cpu_seconds(pid: int) -> float | None:
    """Processor time of a process alone; None where there is none."""
    fields = _AFTER_NAME.sub("", _read(pid, "stat")).split()
    return sum(map(int, fields[_UTIME:_CUTIME])) / _TICKS_PER_SECOND if fields else None


def resident_mib(pid: int) -> float:
    """Memory of a process that is its own, not shared with others: resident less shared pages."""
    found = re.search(r"^RssAnon:\s+(\d+)", _read(pid, "status"), re.MULTILINE)
    return int(found[1]) / 1024 if found else 0.0


@dataclass(frozen=True, slots=True)
class Host:
    """Seconds of all processors together since the machine's start: all, idle ones, and those that a hypervisor took."""

    total: float
    idle: float
    steal: float


def host() -> Host:
    """What the whole machine's processors did so far."""
    ticks = [int(field) for field in (_PROC / "stat").read_text().split("\n", 1)[0].split()[1:]]
    total, idle, steal = sum(ticks[:_GUEST]), sum(ticks[_IDLE]), ticks[_STEAL]
    return Host(total / _TICKS_PER_SECOND, idle / _TICKS_PER_SECOND, steal / _TICKS_PER_SECOND)


def name(pid: int) -> str:
    """Its program's name."""
    return _read(pid, "comm").strip()


def folder(pid: int) -> Path | None:
    """The folder in which it works."""
    try:
        return (_PROC / str(pid) / "cwd").readlink()
    except OSError:
        return None


def parent(pid: int) -> int:
    """The process that started it, or took it over; 0 where it is gone."""
    found = re.search(r"^PPid:\s+(\d+)", _read(pid, "status"), re.MULTILINE)
    return int(found[1]) if found else 0


def below(root: int) -> set[int]:
    """A process and all that descend from it."""
    children: dict[int, list[int]] = {}
    for pid in processes():
        children.setdefault(parent(pid), []).append(pid)
    family, new = set[int](), [root]
    while new:
        pid = new.pop()
        family.add(pid)
        new.extend(children.get(pid, ()))
    return family


def listening_on(port: int) -> set[int]:
    """The processes that hold a socket which listens on a TCP port: a server's workers, and who started them."""
    sockets = set(_sockets(port, _LISTENING))
    return {pid for pid in processes() if sockets & _open_sockets(pid)}


def connections_on(port: int, pids: Iterable[int]) -> dict[int, int]:
    """How many connections to a TCP port of this machine each of some serving processes holds."""
    sockets = set(_sockets(port, _ESTABLISHED))
    return {pid: len(sockets & _open_sockets(pid)) for pid in pids}


def _sockets(port: int, state: str) -> Iterator[str]:
    """The sockets in a state whose own port this is, as a process's descriptors name them."""
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
    try:
        descriptors = list((_PROC / str(pid) / "fd").iterdir())
    except OSError:
        return set()
    return {link for descriptor in descriptors if (link := _link(descriptor)).startswith("socket:")}


def _link(path: Path) -> str:
    try:
        return str(path.readlink())
    except OSError:
        return ""


def pin(pids: set[int], core: int) -> None:
    """Keep processes, all their threads and whatever these start on one core."""
    for pid in pids:
        try:
            threads = [int(task.name) for task in (_PROC / str(pid) / "task").iterdir()]
        except OSError:
            continue
        for thread in threads:
            try:
                os.sched_setaffinity(thread, {core})
            except ProcessLookupError:
                continue


def _read(pid: int, file: str) -> str:
    try:
        return (_PROC / str(pid) / file).read_text(errors="replace")
    except OSError:
        return ""
