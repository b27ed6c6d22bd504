"""A terminal whose long-running commands run in the test's process, until the test has what it waits for."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.builders.clinic.terminal import TerminalRunner

WAIT_SECONDS = 20


def appears(path: Path) -> None:
    """Wait until a file appears."""
    deadline = time.monotonic() + WAIT_SECONDS
    while not path.exists():
        assert time.monotonic() < deadline, f"{path.name} does not appear"
        time.sleep(0.01)


class ServiceRunner(TerminalRunner):
    """`steps`: what the test does at each pause of the command; after the last the command is interrupted."""

    def __init__(self) -> None:
        super().__init__()
        self.steps: Iterator[Callable[[], object]] = iter(())
        self.end: BaseException = KeyboardInterrupt()

    def _sleep(self, seconds: float) -> None:
        step = next(self.steps, None)
        if step is None:
            raise self.end
        step()
