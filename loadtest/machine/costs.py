"""Processor time and memory by kind of process, over a stretch of time."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from loadtest.machine import processes

GENERATOR = "generator"
API = "api"
DATABASE = "database"

ProcessKinds = Mapping[str, Callable[[], set[int]]]
"""How the processes of a kind are found; looked for anew each time, since backends come and go."""


def database_processes(folder: Path) -> set[int]:
    """The embedded PostgreSQL whose data lie in a folder: postmaster, backends, writers."""
    data = (folder / "postgres" / "data").resolve()
    return {
        pid
        for pid in processes.processes()
        if processes.name(pid) == "postgres" and processes.folder(pid) == data
    }


@dataclass(frozen=True, slots=True)
class CpuReading:
    """The clock, and processor seconds so far by kind of process."""

    at: float
    cpu: Mapping[str, float]

    @classmethod
    def now(cls, kinds: ProcessKinds) -> CpuReading:
        """Look at every kind."""
        cpu = {kind: sum(map(processes.cpu_seconds, find())) for kind, find in kinds.items()}
        return cls(perf_counter(), cpu | {GENERATOR: processes.cpu_seconds(os.getpid())})

    def since(self, earlier: CpuReading) -> CpuUsage:
        """What was spent in between."""
        cpu = {kind: max(0.0, seconds - earlier.cpu.get(kind, 0.0)) for kind, seconds in self.cpu.items()}
        return CpuUsage(self.at - earlier.at, cpu)


@dataclass(frozen=True, slots=True)
class CpuUsage:
    """Seconds of the clock, and of processors by kind."""

    seconds: float
    cpu: Mapping[str, float]

    def cores(self, kind: str) -> float:
        """How many cores a kind of process kept busy."""
        return self.cpu.get(kind, 0.0) / self.seconds if self.seconds else 0.0

    def __add__(self, other: CpuUsage) -> CpuUsage:
        kinds = self.cpu.keys() | other.cpu.keys()
        cpu = {kind: self.cpu.get(kind, 0.0) + other.cpu.get(kind, 0.0) for kind in kinds}
        return CpuUsage(self.seconds + other.seconds, cpu)


NO_CPU_USAGE = CpuUsage(0.0, {})

BUSY = 0.8
"""From this share of its core on, a generator may itself have been what limits: its figures are then no server's."""


def memory_mib(kinds: ProcessKinds) -> dict[str, float]:
    """Unshared memory by kind, in MiB, this process among them."""
    found = {kind: sum(map(processes.resident_mib, find())) for kind, find in kinds.items()}
    return {
        kind: round(mib, 1)
        for kind, mib in (found | {GENERATOR: processes.resident_mib(os.getpid())}).items()
    }
