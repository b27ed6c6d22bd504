"""Starts the processes of a cluster, and ends all of them, with all that they started, once its standard input closes.

That happens also when the command that wants the cluster is killed. PostgreSQL leaves the process that starts it: so the
guardian is the parent of what loses its own (Linux, `PR_SET_CHILD_SUBREAPER`). Each line of its standard input is a command
(JSON), each line of its standard output the process's id.
"""

from __future__ import annotations

import ctypes
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress

import psutil

_PR_SET_CHILD_SUBREAPER = 36
_POLL_S = 0.05
_END_S = 30.0
"""After it, what the kernel still has not ended is left to it."""


def main() -> None:
    """Guard until standard input closes; then remove the folder that is the argument."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0):
        sys.exit("the kernel does not hand orphans over")
    threading.Thread(target=_reap, daemon=True).start()
    try:
        for line in sys.stdin:
            print(_start(**json.loads(line)), flush=True)
    finally:
        end_descendants()
        shutil.rmtree(sys.argv[1], ignore_errors=True)


def _start(command: list[str], log: str, folder: str) -> int:
    """Start a program in a folder, its messages appended to a file; its id."""
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "ab") as output:
        process = subprocess.Popen(
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    _started.append(process)
    return process.pid


_started: list[subprocess.Popen[bytes]] = []
"""Kept, since it is `_reap` that waits for them."""


def _reap() -> None:
    """Wait for whatever ends: Patroni takes a server that nobody waited for to be alive."""
    while True:
        try:
            os.wait()
        except ChildProcessError:
            time.sleep(_POLL_S)


def end_descendants() -> None:
    """Kill all processes that this one started, and all that they started, paused ones too."""
    deadline = time.monotonic() + _END_S
    while (running := _running()) and time.monotonic() < deadline:
        for process in running:
            with suppress(psutil.Error):
                process.kill()
        time.sleep(_POLL_S)


def _running() -> list[psutil.Process]:
    found: list[psutil.Process] = []
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.Error):
            if process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
    return found


if __name__ == "__main__":
    main()
