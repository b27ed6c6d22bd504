"""What processes have used, as Linux's /proc tells (proc(5)): memory at most (VmHWM), and time of the processor."""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

_FUND = "eligibility_api"
_DATABASE = "postgres"
_TIMES = slice(11, 15)
"""utime, stime, and both of the children that are no more, in /proc/PID/stat behind the name."""


def own_peak() -> float:
    """This process's largest resident size so far, in MiB; 0 where nobody tells."""
    return _peak_mib(os.getpid())


def fund_peaks(house: int) -> dict[int, float]:
    """The same of the fund's own processes (API, worker, keeper) below a house, by process: not of PostgreSQL."""
    return {pid: _peak_mib(pid) for pid in _of_the_fund(house) if _DATABASE not in _read(pid, "comm")}


def fund_processor_seconds(house: int) -> float:
    """Seconds of the processor that the fund's processes below a house have used so far, PostgreSQL's among them."""
    ticks = sum(sum(map(int, _statistics(pid)[_TIMES])) for pid in _of_the_fund(house))
    return ticks / os.sysconf("SC_CLK_TCK")


def _of_the_fund(house: int) -> set[int]:
    children = _children()
    services = (pid for pid in _below(house, children) if _FUND in _read(pid, "cmdline"))
    return {pid for service in services for pid in _below(service, children)}


def _below(pid: int, children: dict[int, list[int]]) -> Iterator[int]:
    yield pid
    for child in children.get(pid, ()):
        yield from _below(child, children)


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


def _statistics(pid: int) -> list[str]:
    return _read(pid, "stat").rpartition(") ")[2].split()


def _read(pid: int, name: str) -> str:
    """A file about a process; empty once the process is gone, or where there is no /proc."""
    try:
        return Path(f"/proc/{pid}/{name}").read_text(errors="replace")
    except OSError:
        return ""
