"""Peak memory (VmHWM) and CPU time of processes, read from Linux's /proc (proc(5))."""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

_FUND = "eligibility_api"
_DATABASE = "postgres"
_TIMES = slice(11, 15)
"""utime, stime, cutime and cstime (of reaped children) in /proc/PID/stat, counted behind the command's name.
"""


def own_peak() -> float:
    """Peak resident size of this process in MiB; 0 where there is no /proc."""
    return _peak_mib(os.getpid())


def fund_peaks(stack_pid: int) -> dict[int, float]:
    """Peak resident size in MiB of the fund's own processes below `stack_pid`, without PostgreSQL."""
    return {pid: _peak_mib(pid) for pid in _fund_processes(stack_pid) if _DATABASE not in _read(pid, "comm")}


def fund_cpu_seconds(stack_pid: int) -> float:
    """CPU seconds used so far by the fund's processes below `stack_pid`, PostgreSQL included."""
    ticks = sum(sum(map(int, _stat_fields(pid)[_TIMES])) for pid in _fund_processes(stack_pid))
    return ticks / os.sysconf("SC_CLK_TCK")


def _fund_processes(stack_pid: int) -> set[int]:
    children = _children()
    services = (pid for pid in _tree(stack_pid, children) if _FUND in _read(pid, "cmdline"))
    return {pid for service in services for pid in _tree(service, children)}


def _tree(pid: int, children: dict[int, list[int]]) -> Iterator[int]:
    yield pid
    for child in children.get(pid, ()):
        yield from _tree(child, children)


def _children() -> dict[int, list[int]]:
    children: defaultdict[int, list[int]] = defaultdict(list)
    for folder in Path("/proc").glob("[0-9]*"):
        children[_status(int(folder.name), "PPid")].append(int(folder.name))
    return children


def _peak_mib(pid: int) -> float:
    return _status(pid, "VmHWM") / 1024


def _status(pid: int, name: str) -> int:
    found = re.search(rf"^{name}:\s+(\d+)", _read(pid, "status"), re.MULTILINE)
    return int(found[1]) if found else 0


def _stat_fields(pid: int) -> list[str]:
    return _read(pid, "stat").rpartition(") ")[2].split()


def _read(pid: int, name: str) -> str:
    """A file below /proc/PID; empty once the process has exited, or where there is no /proc."""
    try:
        return Path(f"/proc/{pid}/{name}").read_text(errors="replace")
    except OSError:
        return ""
