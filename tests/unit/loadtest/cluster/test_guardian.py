"""The guardian ends what it started, whatever became of it, also when the command that wanted it was killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

GUARDIAN = [sys.executable, "-m", "loadtest.cluster.guardian"]
PATIENCE_SECONDS = 20.0

LEAVES_ITS_PARENT = "(sleep 300 & echo $! > left) & wait; sleep 300"
"""Of two processes the first loses its parent, as PostgreSQL does."""

STARTS_A_GUARDIAN = """
import json, subprocess, sys, time
guardian = subprocess.Popen(sys.argv[2:] + [sys.argv[1]], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True)
guardian.stdin.write(json.dumps({"command": ["sleep", "300"], "log": sys.argv[1] + "/log", "folder": sys.argv[1]}) + "\\n")
guardian.stdin.flush()
print(guardian.stdout.readline(), flush=True)
time.sleep(300)
"""


def eventually(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def is_gone(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True


@contextmanager
def guardian(folder: Path) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [*GUARDIAN, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield process
    finally:
        process.stdin.close()
        process.wait(PATIENCE_SECONDS)
        process.stdout.close()


def start(process: subprocess.Popen[str], folder: Path, *command: str) -> int:
    assert process.stdin is not None
    assert process.stdout is not None
    order = {"command": command, "log": str(folder / "log"), "folder": str(folder)}
    process.stdin.write(json.dumps(order) + "\n")
    process.stdin.flush()
    return int(process.stdout.readline())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "cluster"
    made.mkdir()
    return made


def test_all_processes_end_with_the_guardian_and_their_folder_is_removed(folder: Path) -> None:
    with guardian(folder) as process:
        paused = start(process, folder, "sleep", "300")
        os.kill(paused, signal.SIGSTOP)
        shell = start(process, folder, "sh", "-c", LEAVES_ITS_PARENT)
        eventually(lambda: (folder / "left").exists() and (folder / "left").read_text().endswith("\n"))
        orphan = int((folder / "left").read_text())
        eventually(lambda: psutil.Process(orphan).ppid() == process.pid)
        assert not any(map(is_gone, (paused, shell, orphan)))
    assert process.returncode == 0
    assert all(map(is_gone, (paused, shell, orphan)))
    assert not folder.exists()


def test_what_ends_by_itself_is_waited_for(folder: Path) -> None:
    with guardian(folder) as process:
        pid = start(process, folder, "true")
        eventually(
            lambda: not psutil.pid_exists(pid)
        )  # no zombie, which Patroni would take for a running server


def test_its_messages_are_readable_by_their_owner_only(folder: Path) -> None:
    with guardian(folder) as process:
        start(process, folder, "sh", "-c", "pwd; id >&2")
        eventually(lambda: (folder / "log").read_text().count("\n") == 2)
        assert (folder / "log").read_text().startswith(str(folder))
        assert (folder / "log").stat().st_mode & 0o077 == 0


def test_a_killed_command_s_processes_end_too(folder: Path) -> None:
    command = [sys.executable, "-c", STARTS_A_GUARDIAN, str(folder), *GUARDIAN]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as wanted:
        assert wanted.stdout is not None
        pid = int(wanted.stdout.readline())
        assert not is_gone(pid)
        wanted.kill()
    eventually(lambda: is_gone(pid))
    eventually(lambda: not folder.exists())


def test_a_signal_ends_it_like_the_end_of_its_input(folder: Path) -> None:
    with guardian(folder) as process:
        pid = start(process, folder, "sleep", "300")
        process.terminate()
        eventually(lambda: is_gone(pid))


def test_a_program_that_does_not_exist_ends_all(folder: Path) -> None:
    with guardian(folder) as process:
        pid = start(process, folder, "sleep", "300")
        with pytest.raises(ValueError, match="invalid literal"):
            start(process, folder, "/nowhere/program")
        eventually(lambda: is_gone(pid))
