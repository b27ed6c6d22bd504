"""Processor time and memory by kind of process, over a period."""

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
"""Finds the processes of each kind; called anew for each reading, since database backends come and go."""


def database_processes(folder: Path) -> set[int]:
    """The embedded PostgreSQL whose data directory is in a folder: postmaster, backends, writers."""
    data = (folder / "postgres" / "data").resolve()
    return {
        pid
        for pid in processes.pids()
        if processes.name(pid) == "postgres" and processes.working_directory(pid) == data
    }


@dataclass(frozen=True, slots=True)
class CpuReading:
    """The clock, and processor seconds so far by kind of process."""

    at: float
    cpu: Mapping[str, float]

    @classmethod
    def now(cls, kinds: ProcessKinds) -> CpuReading:
        """Read all kinds, and this process as the generator."""
        cpu = {kind: sum(map(processes.cpu_seconds, find())) for kind, find in kinds.items()}
        return cls(perf_counter(), cpu | {GENERATOR: processes.cpu_seconds(os.getpid())})

    def since(self, earlier: CpuReading) -> CpuUsage:
        """The usage between two readings."""
        cpu = {kind: max(0.0, seconds - earlier.cpu.get(kind, 0.0)) for kind, seconds in self.cpu.items()}
        return CpuUsage(self.at - earlier.at, cpu)


@dataclass(frozen=True, slots=True)
class CpuUsage:
    """Elapsed seconds, and processor seconds by kind of process."""

    seconds: float
    cpu: Mapping[str, float]

    def cores(self, kind: str) -> float:
        """The number of cores that a kind of process kept busy."""
        return self.cpu.get(kind, 0.0) / self.seconds if self.seconds else 0.0

    def __add__(self, other: CpuUsage) -> CpuUsage:
        kinds = self.cpu.keys() | other.cpu.keys()
        cpu = {kind: self.cpu.get(kind, 0.0) + other.cpu.get(kind, 0.0) for kind in kinds}
        return CpuUsage(self.seconds + other.seconds, cpu)


NO_CPU_USAGE = CpuUsage(0.0, {})

MAX_GENERATOR_UTILISATION = 0.8
"""At or above this share of its core the generator itself may be the bottleneck: its figures are then not the
server's.
"""


def memory_mib(kinds: ProcessKinds) -> dict[str, float]:
    """Unshared memory by kind, in MiB, this process included."""
    found = {kind: sum(map(processes.unshared_mib, find())) for kind, find in kinds.items()}
    own = {GENERATOR: processes.unshared_mib(os.getpid())}
    return {kind: round(mib, 1) for kind, mib in (found | own).items()}
