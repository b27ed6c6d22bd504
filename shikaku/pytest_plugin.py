"""A pytest plugin: the fixture `shikaku`, a running stack with the test persons, for the tests of other programs.

It is installed with the wheel, and starts nothing unless a test asks for the fixture. The stack needs the extra `stack`.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

START_SECONDS = 300.0
_STOP_SECONDS = 90.0
_POLL_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class RunningStack:
    """A running stack. `ready`: what its ready file says, such as the addresses and the files of credentials."""

    ready: dict[str, Any]

    @property
    def fund(self) -> str:
        """The fund's base URL."""
        return str(self.ready["fund"])

    @property
    def terminal_credential(self) -> Path:
        """The credential of the clinic's terminal."""
        return Path(self.ready["terminal_credential"])

    @property
    def exchange(self) -> Path:
        """The folder in which the clinic's terminal answers files: `req`, `res` and `face`."""
        return Path(self.ready["exchange"])

    @property
    def variables(self) -> dict[str, str]:
        """The environment variables of the stack's commands."""
        return dict(self.ready["variables"])

    def card(self, name: str) -> Path:
        """The card of a test person, such as `P01-valid`."""
        return Path(self.ready["cards"]) / f"{name}.json"

    def persons(self) -> list[dict[str, Any]]:
        """The test persons with the questions that can be asked, and the answers to expect today."""
        listed: dict[str, Any] = json.loads(Path(self.ready["persons"]).read_text(encoding="utf-8"))
        persons: list[dict[str, Any]] = listed["persons"]
        return persons


@pytest.fixture(scope="session")
def shikaku_options() -> Sequence[str]:
    """Further options of the command `shikaku`, such as `--strict`; override this fixture to give some."""
    return ()


@pytest.fixture(scope="session")
def shikaku(
    tmp_path_factory: pytest.TempPathFactory, shikaku_options: Sequence[str]
) -> Iterator[RunningStack]:
    """A stack of this session, on free ports."""
    home = tmp_path_factory.mktemp("shikaku")
    ready, log = home / "ready.json", home / "log"
    command = ["--home", str(home / "home"), "--ports", "free", "--ready-file", str(ready), *shikaku_options]
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "shikaku.serve", *command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        yield RunningStack(_wait(process, ready, log))
    finally:
        _stop(process)


def _wait(process: subprocess.Popen[bytes], ready: Path, log: Path) -> dict[str, Any]:
    """What the ready file says, once it is there. Fails the tests if the stack ends before, or takes too long."""
    deadline = time.monotonic() + START_SECONDS
    while not ready.exists():
        if process.poll() is not None:
            pytest.fail(f"shikaku ended with exit code {process.returncode}:\n{_output(log)}", pytrace=False)
        if time.monotonic() > deadline:
            pytest.fail(f"shikaku is not ready after {START_SECONDS:g} s:\n{_output(log)}", pytrace=False)
        time.sleep(_POLL_SECONDS)
    found: dict[str, Any] = json.loads(ready.read_text(encoding="utf-8"))
    return found


def _output(log: Path) -> str:
    return log.read_text(encoding="utf-8", errors="replace").strip()


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End the stack with its services."""
    process.terminate()
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
