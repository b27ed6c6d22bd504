"""Peak memory and CPU time of processes. A process that has exited has none."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import Path

import psutil

_FUND = "eligibility_api"
_DATABASE = "postgres"


def own_peak() -> float:
    """Peak resident size of this process in MiB; 0 where there is no /proc."""
    return _peak_mib(os.getpid())


def fund_peaks(stack_pid: int) -> dict[int, float]:
    """Peak resident size in MiB of the fund's own processes below `stack_pid`, without PostgreSQL."""
    peaks = {}
    for process in _fund_processes(stack_pid):
        with suppress(psutil.Error):
            if _DATABASE not in process.name():
                peaks[process.pid] = _peak_mib(process.pid)
    return peaks


def fund_cpu_seconds(stack_pid: int) -> float:
    """CPU seconds used so far by the fund's processes below `stack_pid`, PostgreSQL and ended children included."""
    seconds = 0.0
    for process in _fund_processes(stack_pid):
        with suppress(psutil.Error):
            times = process.cpu_times()
            seconds += times.user + times.system + times.children_user + times.children_system
    return seconds


def _fund_processes(stack_pid: int) -> set[psutil.Process]:
    found = set()
    for process in _tree(stack_pid):
        with suppress(psutil.Error):
            if any(_FUND in word for word in process.cmdline()):
                found.update(_tree(process.pid))
    return found


def _tree(pid: int) -> list[psutil.Process]:
    """A process and all its descendants; empty once it has exited."""
    try:
        process = psutil.Process(pid)
        return [process, *process.children(recursive=True)]
    except psutil.Error:
        return []


def _peak_mib(pid: int) -> float:
    """VmHWM of Linux's /proc (proc(5)), which psutil does not read."""
    with suppress(OSError):
        found = re.search(r"^VmHWM:\s+(\d+)", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
        return int(found[1]) / 1024 if found else 0.0
    return 0.0
