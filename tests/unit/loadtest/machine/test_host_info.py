"""The conditions of a measurement, on machines that do not provide all of them; cores of server and generator."""

from __future__ import annotations

import os
import platform
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from loadtest.machine import host_info, processes
from loadtest.machine.cores import Cores
from loadtest.machine.costs import CpuUsage, database_processes
from loadtest.machine.host_info import HostInfo

CPUINFO = (
    "processor\t: 0\nmodel name\t: Some CPU @ 2.50GHz  \nflags\t: x\n\nprocessor\t: 1\nmodel name\t: Other\n"
)


@pytest.mark.parametrize(
    ("text", "name"), [(CPUINFO, "Some CPU @ 2.50GHz"), ("processor : 0\n", ""), ("", ""), (None, "")]
)
def test_the_processor_is_named_where_the_kernel_knows_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text: str | None, name: str
) -> None:
    file = tmp_path / "cpuinfo"
    if text is not None:
        file.write_text(text)
    monkeypatch.setattr(host_info, "_CPUINFO", file)
    assert host_info._processor() == name
    assert HostInfo.now([]).processor == (name or platform.machine())


@pytest.fixture
def git(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, str]:
    """The outputs of git by its subcommand, in a work tree."""
    outputs = {"rev-parse": "0123456789", "status": ""}
    (tmp_path / ".git").mkdir()

    def run(command: Sequence[str]) -> str:
        assert list(command[:3]) == ["/usr/bin/git", "-C", str(tmp_path)]
        return outputs[command[3]]

    monkeypatch.setattr(shutil, "which", lambda _: "/usr/bin/git")
    monkeypatch.setattr(host_info, "_output", run)
    return outputs


@pytest.mark.parametrize(
    ("commit", "status", "shown"),
    [
        ("0123456789", "", "0123456789"),
        ("0123456789", " M README.md", "0123456789+"),
        ("", "", ""),
        ("", " M x", ""),
    ],
)
def test_a_changed_tree_is_marked(
    git: dict[str, str], tmp_path: Path, commit: str, status: str, shown: str
) -> None:
    git |= {"rev-parse": commit, "status": status}
    assert host_info._commit(tmp_path) == shown


def test_without_a_work_tree_or_without_git_there_is_no_commit(
    git: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert host_info._commit(tmp_path / ".git") == ""
    monkeypatch.setattr(shutil, "which", lambda _: None)
    assert host_info._commit(tmp_path) == ""


@pytest.mark.parametrize(
    ("arguments", "command"),
    [
        ([], "loadtest"),
        (["run", "--level", "L0"], "loadtest run --level L0"),
        (["run", "--generator", "ssh one 'locust --worker'"], "loadtest run --generator 'ssh one '\"'\"'locust --worker'\"'\"''"),
    ],
)  # fmt: skip
def test_the_command_can_be_repeated_as_it_is_written(arguments: list[str], command: str) -> None:
    assert HostInfo.now(arguments).command == command


@pytest.mark.parametrize(
    ("usable", "cores"),
    [({0}, Cores(None, None)), ({3}, Cores(None, None)), ({0, 1}, Cores(0, 1)), ({2, 5, 9}, Cores(2, 9))],
)
def test_server_and_generator_have_the_first_and_the_last_usable_core(
    monkeypatch: pytest.MonkeyPatch, usable: set[int], cores: Cores
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: usable)
    assert Cores.choose() == cores


def test_a_single_core_is_shared_and_nothing_is_pinned(monkeypatch: pytest.MonkeyPatch) -> None:
    pinned: list[tuple[set[int], int]] = []
    monkeypatch.setattr(processes, "pin", lambda pids, core: pinned.append((set(pids), core)))
    shared = Cores(None, None)
    shared.pin_server({1, 2})
    with shared.generating():
        pass
    assert pinned == []
    Cores(0, 1).pin_server({1, 2})
    assert pinned == [({1, 2}, 0)]


def test_the_generator_is_unpinned_though_its_work_failed() -> None:
    before = os.sched_getaffinity(0)
    with pytest.raises(ValueError, match="failed"), Cores(min(before), max(before)).generating():
        raise ValueError("failed")
    assert os.sched_getaffinity(0) == before


def test_the_database_is_found_by_name_and_data_directory(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    data = tmp_path / "postgres" / "data"
    data.mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path)
    here = {
        1: ("postgres", data),
        2: ("postgres", tmp_path),
        3: ("python", data),
        4: ("postgres", None),
        5: ("postgres", data),
    }
    monkeypatch.setattr(processes, "pids", lambda: list(here))
    monkeypatch.setattr(processes, "name", lambda pid: here[pid][0])
    monkeypatch.setattr(processes, "working_directory", lambda pid: here[pid][1])
    assert database_processes(tmp_path) == {1, 5}
    assert database_processes(tmp_path / "link") == {1, 5}


@pytest.mark.parametrize(("seconds", "cores"), [(10.0, 0.4), (0.0, 0.0)])
def test_a_period_of_no_length_has_no_usage(seconds: float, cores: float) -> None:
    assert CpuUsage(seconds, {"api": 4.0}).cores("api") == cores
