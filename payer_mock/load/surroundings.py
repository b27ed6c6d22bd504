"""What a load runs against: the fund that is there, or a house of its own, started as a process and ended again.

The other organisations are programs to us: they are started by name, and told where they are by the environment.
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

_START_SECONDS = 600.0
_STOP_SECONDS = 120.0
_POLL_SECONDS = 0.1
_TAIL_LINES = 20

_PROGRAMS = {"jpki-mock": "jpki_mock.cli", "eligibility-api": "eligibility_api.cli"}


class LoadError(Exception):
    """The load could not be run to its end; the text is for the engineer."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The environment of the other programs, and the process under which the fund runs, where we started it."""

    environment: Mapping[str, str]
    house: int | None

    @property
    def fund_url(self) -> str:
        """Base URL of the fund."""
        return self.environment["PAYER_FUND_URL"]

    def run(self, program: str, *words: str | Path) -> None:
        """Run a program of another organisation to its end. Raises LoadError."""
        code = f"import sys; sys.argv[0] = {program!r}; from {_PROGRAMS[program]} import main; main()"
        command = [sys.executable, "-c", code, *map(str, words)]
        done = subprocess.run(
            command, env=dict(self.environment), capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            raise LoadError(f"{program} {words[0]} ended with {done.returncode}: {_tail(done.stderr)}")


@contextmanager
def surroundings(folder: Path) -> Iterator[Surroundings]:
    """The running fund of `PAYER_FUND_URL`, or a house in `folder` for as long as the block lasts. Raises LoadError."""
    if "PAYER_FUND_URL" in os.environ:
        yield Surroundings(dict(os.environ), None)
        return
    home, log = folder / "house", folder / "house.log"
    with log.open("wb") as output:
        command = [sys.executable, "-m", "shikaku.stack", "--home", str(home)]
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
        )
    try:
        _wait_for(process, log)
        wiring = _read_environment(home.with_name(f"{home.name}.env"))
        yield Surroundings(dict(os.environ) | wiring, process.pid)
    finally:
        _stop(process)


def _wait_for(process: subprocess.Popen[bytes], log: Path) -> None:
    """Until the house says where it is, which is the last thing it does."""
    deadline = time.monotonic() + _START_SECONDS
    while "; . " not in (said := log.read_text(errors="replace")):
        if process.poll() is not None:
            raise LoadError(f"the house did not start: {_tail(said)}")
        if time.monotonic() > deadline:
            raise LoadError("the house takes too long to start")
        time.sleep(_POLL_SECONDS)


def _read_environment(path: Path) -> dict[str, str]:
    words = (shlex.split(line)[1] for line in path.read_text(encoding="utf-8").splitlines())
    return dict(word.split("=", 1) for word in words)


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _tail(text: str) -> str:
    return "\n".join(text.strip().splitlines()[-_TAIL_LINES:])
