"""Child processes end with their block, even if they ignore the request to end."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from loadtest import child_processes
from loadtest.child_processes import child_process, exit_on_sigterm

WAITS = "import signal, sys; print('ready', flush=True); signal.pause()"
IGNORES = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + WAITS


@pytest.mark.parametrize(
    ("program", "stop_seconds", "number"), [(WAITS, 30.0, signal.SIGTERM), (IGNORES, 0.2, signal.SIGKILL)]
)
def test_a_child_is_terminated_and_if_it_does_not_end_killed(
    tmp_path: Path, program: str, stop_seconds: float, number: signal.Signals
) -> None:
    log = tmp_path / "log"
    command = [sys.executable, "-c", program]
    with log.open("wb") as output, child_process(command, stop_seconds=stop_seconds, output=output) as child:
        while not log.read_bytes():
            assert child.poll() is None
    assert child.returncode == -number


IS_KILLED = """
import signal, sys
from loadtest.child_processes import child_process
with child_process(sys.argv[1:], stop_seconds=60):
    signal.pause()
"""
PRINTS_ITS_ID = "import os, signal; print(os.getpid(), flush=True); signal.pause()"


@pytest.mark.skipif(not child_processes._parent_death_prefix(), reason="Linux cannot tell a child here")
def test_a_child_ends_though_its_parent_was_killed() -> None:
    command = [sys.executable, "-c", IS_KILLED, sys.executable, "-c", PRINTS_ITS_ID]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        parent.kill()
    deadline = time.monotonic() + 30
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_sigterm_is_handled_like_ctrl_c() -> None:
    before = signal.getsignal(signal.SIGTERM)
    try:
        exit_on_sigterm()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGTERM)
    finally:
        signal.signal(signal.SIGTERM, before)
