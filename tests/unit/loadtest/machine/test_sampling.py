"""Usage by process, sampled second by second; memory growth; host information."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from loadtest.machine import processes
from loadtest.machine.costs import API, DATABASE, GENERATOR
from loadtest.machine.host_info import HostInfo
from loadtest.machine.roles import COORDINATOR, ProcessRoles
from loadtest.machine.sampling import Gauges, Sample, Sampler, Usage, memory_growth


@dataclass
class Machine:
    """A fake machine of two cores whose figures a test sets."""

    now: float = 100.0
    kinds: dict[int, str] = field(default_factory=dict)
    cpu: dict[int, float] = field(default_factory=dict)
    idle: float = 0.0
    lookups: int = 0

    def sampler(self) -> Sampler:
        gauges = Gauges(
            lambda: self.now,
            self.cpu.get,
            float,
            lambda: processes.CpuTimes(2 * self.now, self.idle, 0.1 * self.now),
        )
        return Sampler(self.find_roles, gauges)

    def find_roles(self) -> dict[int, str]:
        self.lookups += 1
        return dict(self.kinds)

    def start(self, pid: int, kind: str, cpu: float = 0.0) -> None:
        self.kinds[pid], self.cpu[pid] = kind, cpu

    def end(self, pid: int) -> None:
        del self.kinds[pid], self.cpu[pid]

    def pass_second(self, *, idle: float = 0.0, **cpu: float) -> None:
        self.now += 1
        self.idle += idle
        for pid, seconds in cpu.items():
            self.cpu[int(pid[1:])] += seconds


def test_cores_are_those_since_the_last_sample_and_memory_is_that_of_now() -> None:
    machine = Machine()
    machine.start(7, API, cpu=50.0)
    sampler = machine.sampler()
    sampler.sample()
    machine.pass_second(p7=0.25, idle=0.5)
    sampler.sample()
    first, second = sampler.samples
    assert first.processes == {"api 1": Usage(0.0, 7.0)}
    assert second.at == 101.0
    assert second.processes["api 1"].cores == pytest.approx(0.25)
    assert [second.idle, second.steal] == pytest.approx([0.25, 0.05])
    assert second.others == pytest.approx(2 - 0.5 - 0.1 - 0.25)


def test_processes_of_a_kind_are_summed_but_workers_and_generators_listed_one_by_one() -> None:
    machine = Machine()
    for pid, kind in {1: DATABASE, 2: DATABASE, 3: API, 4: API, 5: GENERATOR}.items():
        machine.start(pid, kind)
    sampler = machine.sampler()
    sampler.sample()
    machine.pass_second(p1=0.1, p2=0.2, p3=0.3, p4=0.4)
    sampler.sample()
    cores = {name: round(usage.cores, 2) for name, usage in sampler.samples[-1].processes.items()}
    assert cores == {DATABASE: 0.3, "api 1": 0.3, "api 2": 0.4, "generator 1": 0.0}
    assert sampler.samples[-1].processes[DATABASE].memory_mib == 3.0


def test_a_replaced_worker_has_a_new_number_and_is_sampled_at_once() -> None:
    machine = Machine()
    machine.start(3, API)
    sampler = machine.sampler()
    sampler.sample()
    machine.end(3)
    machine.start(9, API, cpu=2.0)
    for _ in range(2):
        machine.pass_second(p9=0.5)
        sampler.sample()
    assert [list(sample.processes) for sample in sampler.samples] == [["api 1"], ["api 2"], ["api 2"]]
    assert sampler.samples[-1].processes["api 2"].cores == pytest.approx(0.5)


def test_processes_are_not_searched_at_every_sample() -> None:
    machine = Machine()
    machine.start(3, API)
    sampler = machine.sampler()
    for _ in range(120):
        machine.pass_second()
        sampler.sample()
    assert machine.lookups == 2


def test_a_missing_kind_is_searched_at_every_sample_until_it_is_back() -> None:
    machine = Machine()
    machine.start(1, DATABASE)
    sampler = machine.sampler()
    sampler.sample()
    machine.end(1)
    sampler.sample()
    machine.start(2, DATABASE)
    sampler.sample()
    assert [list(sample.processes) for sample in sampler.samples] == [[DATABASE], [], [DATABASE]]


def samples(*memory: float, name: str = "api 1") -> list[Sample]:
    return [Sample(float(at), {name: Usage(0.5, mib)}, 0.0, 0.0) for at, mib in enumerate(memory)]


def test_growth_compares_the_second_half_with_the_first_without_the_warm_up() -> None:
    assert memory_growth(samples(*[50.0] * 20, *[100.0] * 40, *[103.0] * 40)) == pytest.approx(0.03)


@pytest.mark.parametrize(
    "taken",
    [samples(*[100.0] * 10), samples(*[100.0] * 50) + samples(*[100.0] * 50, name="api 2")],
    ids=["too short", "a worker died"],
)
def test_growth_is_undefined(taken: list[Sample]) -> None:
    assert memory_growth(taken) is None


@pytest.mark.skipif(sys.platform != "linux", reason="sockets are read from /proc")
def test_this_machine_is_sampled_and_described() -> None:
    here = os.getpid()
    roles = ProcessRoles("http://127.0.0.1:1", Path("nowhere"), None, None, dict, here)
    sampler = Sampler(roles.find)
    sampler.sample()
    [sample] = sampler.samples
    assert sample.processes[COORDINATOR].memory_mib > 0
    assert 0.0 <= sample.idle <= 1.0
    info = HostInfo.now(["run", "--level", "L0", "--out", "a b"])
    assert info.command == "loadtest run --level L0 --out 'a b'"
    assert info.cores > 0
    assert info.memory_gib > 0
