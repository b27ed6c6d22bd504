"""Child processes end with their block, even if they ignore the request to end."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

import pytest

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


def test_sigterm_is_handled_like_ctrl_c() -> None:
    before = signal.getsignal(signal.SIGTERM)
    try:
        exit_on_sigterm()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGTERM)
    finally:
        signal.signal(signal.SIGTERM, before)
