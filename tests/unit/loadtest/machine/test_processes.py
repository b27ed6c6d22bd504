"""What processes cost, from /proc."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from loadtest.machine import processes
from loadtest.machine.cores import Cores
from loadtest.machine.costs import API, GENERATOR, CpuReading, CpuUsage, memory_mib

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes are read from /proc")


def test_work_costs_processor_time_and_sleep_does_not() -> None:
    before = processes.cpu_seconds(os.getpid())
    until = time.process_time() + 0.1
    while time.process_time() < until:
        pass
    assert 0.05 <= processes.cpu_seconds(os.getpid()) - before <= 1.0


def test_a_child_is_found_below_its_parent_and_its_folder_is_told() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, cwd="/") as child:
        assert child.pid in processes.below(os.getpid())
        assert str(processes.folder(child.pid)) == "/"
        assert child.stdin is not None
        child.stdin.write(b"\n")


def test_a_process_that_is_gone_tells_nothing() -> None:
    gone = 2**22 + 1  # above the largest that Linux gives out
    assert (
        processes.cpu_seconds(gone),
        processes.resident_mib(gone),
        processes.name(gone),
        processes.folder(gone),
    ) == (
        0,
        0,
        "",
        None,
    )


def test_spent_is_the_difference_of_two_moments_by_kind() -> None:
    spent = CpuReading(12.0, {API: 5.0, GENERATOR: 1.0}).since(CpuReading(10.0, {API: 4.0}))
    assert (spent.seconds, spent.cpu) == (2.0, {API: 1.0, GENERATOR: 1.0})
    assert (spent.cores(API), spent.cores("nobody")) == (0.5, 0.0)
    assert spent + spent == CpuUsage(4.0, {API: 2.0, GENERATOR: 2.0})


def test_the_generator_is_this_process() -> None:
    assert memory_mib({})[GENERATOR] > 0
    assert CpuReading.now({}).cpu[GENERATOR] > 0


def test_generating_is_pinned_for_the_block_alone() -> None:
    before = os.sched_getaffinity(0)
    core = max(before)
    with Cores(min(before), core).generating():
        assert os.sched_getaffinity(0) == {core}
    assert os.sched_getaffinity(0) == before


def test_what_is_pinned_is_told() -> None:
    assert "API and database on core 0, generator on core 1" in Cores(0, 1).describe()
    assert "nothing pinned" in Cores(None, None).describe()


def test_a_child_tells_its_parent_and_who_is_gone_has_none() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        assert processes.parent(child.pid) == os.getpid()
        assert child.stdin is not None
        child.stdin.write(b"\n")
    assert processes.parent(2**22 + 1) == 0


def test_sockets_of_a_port_are_told_by_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
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
    assert processes.listening_on(80) == {3}
    assert (processes.connections_on(80, [3, 4]), processes.connections_on(81, [4])) == ({3: 1, 4: 0}, {4: 1})
