"""Processor time, memory, relations and sockets of processes."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from loadtest.machine import processes
from loadtest.machine.cores import Cores
from loadtest.machine.costs import API, GENERATOR, CpuReading, CpuUsage, memory_mib

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="affinity and sockets are read as on Linux")


def test_work_costs_processor_time_and_sleep_does_not() -> None:
    before = processes.cpu_seconds(os.getpid())
    until = time.process_time() + 0.1
    while time.process_time() < until:
        pass
    assert 0.05 <= processes.cpu_seconds(os.getpid()) - before <= 1.0


def test_a_child_is_among_the_descendants_and_its_working_directory_is_known() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, cwd="/") as child:
        assert child.pid in processes.with_descendants(os.getpid())
        assert str(processes.working_directory(child.pid)) == "/"
        assert child.stdin is not None
        child.stdin.write(b"\n")


def test_an_ended_process_yields_nothing_and_no_error() -> None:
    ended = 2**22 + 1  # above the highest process id of Linux
    assert processes.cpu_seconds(ended) == 0
    assert processes.own_cpu_seconds(ended) is None
    assert processes.unshared_mib(ended) == 0
    assert processes.name(ended) == ""
    assert processes.working_directory(ended) is None
    assert processes.parent(ended) == 0
    assert processes.with_descendants(ended) == {ended}
    processes.pin({ended}, min(os.sched_getaffinity(0)))


def test_the_machine_s_processor_time_contains_the_idle_and_the_stolen() -> None:
    times = processes.cpu_times()
    assert 0 <= times.idle <= times.total
    assert 0 <= times.steal <= times.total - times.idle


def test_usage_is_the_difference_of_two_readings_by_kind() -> None:
    usage = CpuReading(12.0, {API: 5.0, GENERATOR: 1.0}).since(CpuReading(10.0, {API: 4.0}))
    assert (usage.seconds, usage.cpu) == (2.0, {API: 1.0, GENERATOR: 1.0})
    assert (usage.cores(API), usage.cores("nobody")) == (0.5, 0.0)
    assert usage + usage == CpuUsage(4.0, {API: 2.0, GENERATOR: 2.0})


def test_the_generator_is_this_process() -> None:
    assert memory_mib({})[GENERATOR] > 0
    assert CpuReading.now({}).cpu[GENERATOR] > 0


def test_generating_is_pinned_for_the_block_alone() -> None:
    before = os.sched_getaffinity(0)
    core = max(before)
    with Cores(min(before), core).generating():
        assert os.sched_getaffinity(0) == {core}
    assert os.sched_getaffinity(0) == before


def test_pinning_is_described() -> None:
    assert "API and database on core 0, generator on core 1" in Cores(0, 1).describe()
    assert "nothing pinned" in Cores(None, None).describe()


def test_the_parent_of_a_child_is_this_process() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        assert processes.parent(child.pid) == os.getpid()
        assert child.stdin is not None
        child.stdin.write(b"\n")


@pytest.mark.parametrize(
    ("pid", "among", "found"),
    [
        (13, {10}, True),
        (13, {12}, True),
        (13, {13}, False),
        (13, {11}, False),
        (1, {10}, False),
        (99, {10}, False),
    ],
)
def test_ancestors_are_parents_and_their_parents(
    monkeypatch: pytest.MonkeyPatch, pid: int, among: set[int], found: bool
) -> None:
    monkeypatch.setattr(processes, "parent", lambda pid: {13: 12, 12: 10, 10: 1}.get(pid, 0))
    assert processes.has_ancestor(pid, among) is found


def test_sockets_of_a_port_are_distinguished_by_state(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = tmp_path / "net" / "tcp"
    table.parent.mkdir()
    row = "0: 0100007F:{port:04X} 00000000:0000 {state} 00000000:00000000 00:00000000 00000000 0 0 {inode} 1"
    table.write_text(
        "\n".join(
            ["  sl  local_address rem_address   st"]
            + [
                row.format(port=p, state=s, inode=i)
                for p, s, i in ((80, "0A", 7), (80, "01", 8), (81, "01", 9))
            ]
        )
    )
    for pid, inodes in ((3, (7, 8)), (4, (9,))):
        descriptors = tmp_path / str(pid) / "fd"
        descriptors.mkdir(parents=True)
        for inode in inodes:
            (descriptors / str(inode)).symlink_to(f"socket:[{inode}]")
    monkeypatch.setattr(processes, "_PROC", tmp_path)
    monkeypatch.setattr(processes, "pids", lambda: [3, 4])
    assert processes.listening_on(80) == {3}
    assert (processes.connections_on(80, [3, 4]), processes.connections_on(81, [4])) == ({3: 1, 4: 0}, {4: 1})


def test_only_the_calling_thread_waits_for_its_turn() -> None:
    with ThreadPoolExecutor(1) as other:
        other.submit(processes.wake_without_interrupting).result()
        assert other.submit(os.sched_getscheduler, 0).result() == os.SCHED_BATCH
    assert os.sched_getscheduler(0) == os.SCHED_OTHER
