"""Child processes end with their block, even if they ignore the request to end."""

from __future__ import annotations

import asyncio
import signal
import sys
from pathlib import Path

import pytest

from loadtest.child_processes import child_process, end_piped, exit_on_sigterm, start_piped

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


@pytest.mark.parametrize(
    ("program", "stop_seconds", "code"),
    [("input(); sys.exit(3)", 30.0, 3), ("import time; time.sleep(600)", 0.2, -signal.SIGKILL)],
)
def test_a_piped_child_ends_with_its_input_or_is_killed(program: str, stop_seconds: float, code: int) -> None:
    async def run() -> int | None:
        script = f"import sys\ntry:\n    {program}\nexcept EOFError:\n    sys.exit(3)"
        process = await start_piped([sys.executable, "-c", script], line_limit=1000)
        await end_piped(process, stop_seconds=stop_seconds)
        return process.returncode

    assert asyncio.run(run()) == code


def test_sigterm_is_handled_like_ctrl_c() -> None:
    before = signal.getsignal(signal.SIGTERM)
    try:
        exit_on_sigterm()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGTERM)
    finally:
        signal.signal(signal.SIGTERM, before)
