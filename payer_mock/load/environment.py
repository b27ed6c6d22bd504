"""The fund that a load test targets: a running one, or a stack of its own.

The other organisations are separate programs: they are started by name and configured by environment
variables.
"""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_START_TIMEOUT_SECONDS = 600.0
_STOP_TIMEOUT_SECONDS = 120.0
_POLL_SECONDS = 0.1
_TAIL_LINES = 20

_PROGRAMS = {"jpki-mock": "jpki_mock.cli", "eligibility-api": "eligibility_api.cli"}


class LoadError(Exception):
    """The load test could not be completed; the text is for the engineer."""


@dataclass(frozen=True, slots=True)
class TargetEnvironment:
    """Environment variables of the other programs.

    `stack_pid`: the root process of a stack that we started, else None.
    """

    variables: Mapping[str, str]
    stack_pid: int | None

    @property
    def fund_url(self) -> str:
        """Base URL of the fund."""
        return self.variables["PAYER_FUND_URL"]

    def run(self, program: str, *arguments: str | Path) -> None:
        """Run a program of another organisation until it exits. Raises LoadError."""
        code = f"import sys; sys.argv[0] = {program!r}; from {_PROGRAMS[program]} import main; main()"
        command = [sys.executable, "-c", code, *map(str, arguments)]
        done = subprocess.run(command, env=dict(self.variables), capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise LoadError(f"{program} {arguments[0]} exited with {done.returncode}: {_tail(done.stderr)}")


@contextmanager
def target_environment(folder: Path) -> Iterator[TargetEnvironment]:
    """The running fund of `PAYER_FUND_URL`, or a stack in `folder` for the duration of the block.

    Raises LoadError.
    """
    if "PAYER_FUND_URL" in os.environ:
        yield TargetEnvironment(dict(os.environ), None)
        return
    home, log = folder / "stack", folder / "stack.log"
    with log.open("wb") as output:
        command = [sys.executable, "-m", "shikaku.stack", "--home", str(home)]
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
        )
    try:
        _wait_until_started(process, log)
        settings = _read_environment(home.with_name(f"{home.name}.env"))
        yield TargetEnvironment(dict(os.environ) | settings, process.pid)
    finally:
        _stop(process)


def _wait_until_started(process: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until the log has the line that names the environment file: the stack prints it last."""
    deadline = time.monotonic() + _START_TIMEOUT_SECONDS
    while "; . " not in (output := log.read_text(errors="replace")):
        if process.poll() is not None:
            raise LoadError(f"the stack did not start: {_tail(output)}")
        if time.monotonic() > deadline:
            raise LoadError("the stack did not start in time")
        time.sleep(_POLL_SECONDS)


def _read_environment(path: Path) -> dict[str, str]:
    assignments = (shlex.split(line)[1] for line in path.read_text(encoding="utf-8").splitlines())
    return dict(assignment.split("=", 1) for assignment in assignments)


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(_STOP_TIMEOUT_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _tail(text: str) -> str:
    return "\n".join(text.strip().splitlines()[-_TAIL_LINES:])
