"""What the processes of a run take of the machine, second by second: processors and memory, each process's own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from time import perf_counter

from loadtest.machine import processes
from loadtest.machine.roles import NUMBERED, Look

_LOOK_EVERY = 5
"""Samples between two looks for new processes, which cost some milliseconds. When one is gone it is looked at once, and
again for as long as nobody of its kind is there.
"""


_INSTANT = 1e-9
"""Nothing is divided by less."""


@dataclass(frozen=True, slots=True)
class Usage:
    """Cores kept busy since the last sample, and unshared memory now."""

    cores: float
    memory_mib: float

    def __add__(self, other: Usage) -> Usage:
        return Usage(self.cores + other.cores, self.memory_mib + other.memory_mib)


@dataclass(frozen=True, slots=True)
class Sample:
    """One look. `at`: seconds of the clock that the sampler has; `processes` by who they are, such as `api 1`.

    `idle` and `stolen`: the shares of all the machine's processors that had nothing to do, and that a hypervisor took,
    since the last sample. `others`: cores that were busy with something else than these processes.
    """

    at: float
    processes: Mapping[str, Usage]
    idle: float
    steal: float
    others: float = 0.0


@dataclass(frozen=True, slots=True)
class Gauges:
    """Where the figures come from; a test has its own."""

    clock: Callable[[], float] = perf_counter
    cpu_seconds: Callable[[int], float | None] = processes.own_cpu_seconds
    memory_mib: Callable[[int], float] = processes.resident_mib
    host: Callable[[], processes.Host] = processes.host


class Sampler:
    """Takes samples when it is told to. What a process did before it was first seen, and after it was last, is in none."""

    def __init__(self, look: Look, gauges: Gauges | None = None) -> None:
        self.samples: list[Sample] = []
        self._look = look
        self._gauges = gauges or Gauges()
        self._names: dict[int, str] = {}
        self._named: Counter[str] = Counter()
        self._cpu: dict[int, float] = {}
        self._until_look = 0
        self._at = self._gauges.clock()
        self._host = self._gauges.host()

    def sample(self) -> None:
        """One more."""
        before, self._cpu = self._cpu, self._now()
        at, host = self._gauges.clock(), self._gauges.host()
        seconds = max(at - self._at, _INSTANT)
        usages: dict[str, Usage] = {}
        for pid, cpu in self._cpu.items():
            spent = max(0.0, cpu - before.get(pid, cpu))
            usage = Usage(spent / seconds, self._gauges.memory_mib(pid))
            name = self._names[pid]
            usages[name] = usages[name] + usage if name in usages else usage
        total = max(host.total - self._host.total, _INSTANT)
        idle, steal = host.idle - self._host.idle, host.steal - self._host.steal
        busy = (total - idle - steal) / seconds
        others = max(0.0, busy - sum(usage.cores for usage in usages.values()))
        self.samples.append(Sample(at, usages, idle / total, steal / total, others))
        self._at, self._host = at, host

    def _now(self) -> dict[int, float]:
        """Processor time so far of every process that lives."""
        found = {pid: self._gauges.cpu_seconds(pid) for pid in self._cpu}
        if self._until_look <= 0 or None in found.values():
            kinds = self._look()
            self._until_look = _LOOK_EVERY if self._named.keys() <= set(kinds.values()) else 0
            found = {pid: self._gauges.cpu_seconds(pid) for pid in kinds}
            for pid in sorted(kinds.keys() - self._names.keys()):
                self._names[pid] = self._new_name(kinds[pid])
        self._until_look -= 1
        return {pid: cpu for pid, cpu in found.items() if cpu is not None}

    def _new_name(self, kind: str) -> str:
        """Of a numbered kind each has a number of its own, in the order of their coming."""
        self._named[kind] += 1
        return f"{kind} {self._named[kind]}" if kind in NUMBERED else kind
