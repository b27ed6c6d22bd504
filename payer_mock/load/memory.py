"""How much memory processes have had at most, as Linux's /proc tells (VmHWM, proc(5))."""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

_FUND = "eligibility_api"
_DATABASE = "postgres"


def own_peak() -> float:
    """This process's largest resident size so far, in MiB; 0 where nobody tells."""
    return _peak_mib(os.getpid())


def fund_peaks(house: int) -> dict[int, float]:
    """The same of the fund's own processes (API, worker, keeper) below a house, by process: not of PostgreSQL."""
    children = _children()
    return {
        pid: _peak_mib(pid)
        for service in _below(house, children)
        if _FUND in _read(service, "cmdline")
        for pid in _below(service, children)
        if _DATABASE not in _read(pid, "comm")
    }


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


def _read(pid: int, name: str) -> str:
    """A file about a process; empty once the process is gone, or where there is no /proc."""
    try:
        return Path(f"/proc/{pid}/{name}").read_text(errors="replace")
    except OSError:
        return ""
