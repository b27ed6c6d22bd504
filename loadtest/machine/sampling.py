"""Processor and memory usage of a run's processes, sampled every second; memory growth."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from time import perf_counter

from loadtest.machine import processes
from loadtest.machine.costs import API
from loadtest.machine.roles import NUMBERED, RoleLookup

_LOOKUP_INTERVAL = 60
"""Samples between two searches for new processes, each of which takes a core for some 150 ms and delays the requests
that are measured. When a process has ended, the search is repeated at once, and again as long as its kind has no
process.
"""

_MIN_SECONDS = 1e-9
"""Lower bound of a divisor."""

WARM_UP = 0.2
"""The first share of a run, in which caches and pools fill: not counted as growth."""

_MIN_SAMPLES = 20


@dataclass(frozen=True, slots=True)
class Usage:
    """Cores kept busy since the last sample, and present unshared memory."""

    cores: float
    memory_mib: float

    def __add__(self, other: Usage) -> Usage:
        return Usage(self.cores + other.cores, self.memory_mib + other.memory_mib)


@dataclass(frozen=True, slots=True)
class Sample:
    """One sample. `at`: seconds by the sampler's clock; `processes`: usage by process name, such as `api 1`.

    `idle` and `steal`: the shares of the whole machine's processor time that were idle, and that the
    hypervisor took, since the last sample. `others`: cores kept busy by any other process.
    """

    at: float
    processes: Mapping[str, Usage]
    idle: float
    steal: float
    others: float = 0.0


@dataclass(frozen=True, slots=True)
class Gauges:
    """The sources of the figures, injected so that tests can replace them."""

    clock: Callable[[], float] = perf_counter
    cpu_seconds: Callable[[int], float | None] = processes.own_cpu_seconds
    memory_mib: Callable[[int], float] = processes.unshared_mib
    cpu_times: Callable[[], processes.CpuTimes] = processes.cpu_times


class Sampler:
    """Takes a sample per call. What a process did before its first and after its last sample is in none."""

    def __init__(self, find_roles: RoleLookup, gauges: Gauges | None = None) -> None:
        self.samples: list[Sample] = []
        self._find_roles = find_roles
        self._gauges = gauges or Gauges()
        self._names: dict[int, str] = {}
        self._counts: Counter[str] = Counter()
        self._cpu: dict[int, float] = {}
        self._until_lookup = 0
        self._at = self._gauges.clock()
        self._machine = self._gauges.cpu_times()

    def sample(self) -> None:
        """Take one sample."""
        before, self._cpu = self._cpu, self._read_cpu()
        at, machine = self._gauges.clock(), self._gauges.cpu_times()
        seconds = max(at - self._at, _MIN_SECONDS)
        usages: dict[str, Usage] = {}
        for pid, cpu in self._cpu.items():
            used = max(0.0, cpu - before.get(pid, cpu))
            usage = Usage(used / seconds, self._gauges.memory_mib(pid))
            name = self._names[pid]
            usages[name] = usages[name] + usage if name in usages else usage
        total = max(machine.total - self._machine.total, _MIN_SECONDS)
        idle, steal = machine.idle - self._machine.idle, machine.steal - self._machine.steal
        busy = (total - idle - steal) / seconds
        others = max(0.0, busy - sum(usage.cores for usage in usages.values()))
        self.samples.append(Sample(at, usages, idle / total, steal / total, others))
        self._at, self._machine = at, machine

    def _read_cpu(self) -> dict[int, float]:
        """Processor time so far of every process that exists."""
        found = {pid: self._gauges.cpu_seconds(pid) for pid in self._cpu}
        if self._until_lookup <= 0 or None in found.values():
            kinds = self._find_roles()
            self._until_lookup = _LOOKUP_INTERVAL if self._counts.keys() <= set(kinds.values()) else 0
            found = {pid: self._gauges.cpu_seconds(pid) for pid in kinds}
            for pid in sorted(kinds.keys() - self._names.keys()):
                self._names[pid] = self._new_name(kinds[pid])
        self._until_lookup -= 1
        return {pid: cpu for pid, cpu in found.items() if cpu is not None}

    def _new_name(self, kind: str) -> str:
        """The kind, with a sequence number for numbered kinds."""
        self._counts[kind] += 1
        return f"{kind} {self._counts[kind]}" if kind in NUMBERED else kind


def memory_growth(samples: Sequence[Sample]) -> float | None:
    """The relative growth of the API workers' memory between the medians of a run's halves.

    None where it is undefined: the run was too short, or a worker did not exist throughout it.
    """
    warm = samples[int(len(samples) * WARM_UP) :]
    workers = {name for sample in warm for name in sample.processes if name.startswith(API)}
    if len(warm) < _MIN_SAMPLES or any(workers - sample.processes.keys() for sample in warm):
        return None
    memory = [sum(sample.processes[name].memory_mib for name in workers) for sample in warm]
    half = len(memory) // 2
    before, after = median(memory[:half]), median(memory[half:])
    return after / before - 1 if before else None
