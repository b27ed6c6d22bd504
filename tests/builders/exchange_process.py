"""`clinic-terminal exchange` as a process of its own, and the folders as the clinic's software uses them."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Self

from shikaku.processes import ROOT, command_line

WAIT_SECONDS = 60


class ExchangeProcess:
    """A running exchange over the folder `root`. A context manager that ends it in order."""

    def __init__(self, root: Path, environment: Mapping[str, str], *, command: str = "exchange") -> None:
        self.root = root
        self._environment = environment
        self._command = command

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.stop()

    def start(self) -> None:
        """Start it, and wait until it watches the folders."""
        self.process = subprocess.Popen(
            command_line("clinic-terminal", [self._command, "--root", self.root]),
            cwd=ROOT,
            env=dict(self._environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise AssertionError(f"the exchange did not start: {self.process.communicate()[1]}")

    def stop(self) -> int:
        """End it by SIGTERM; its exit code."""
        self.process.terminate()
        self.process.communicate(timeout=WAIT_SECONDS)
        return self.process.returncode

    def kill(self) -> None:
        """End it by SIGKILL."""
        self.process.kill()
        self.process.communicate()

    def drop(self, name: str, content: bytes) -> None:
        """Write a request in place, as most clients do."""
        (self.root / "req" / name).write_bytes(content)

    def results(self) -> list[str]:
        """The names of the results, in their order."""
        return sorted(path.name for path in (self.root / "res").iterdir())

    def result(self, name: str) -> bytes:
        """Wait for a result, and remove it as clients do."""
        path = self.root / "res" / name
        wait_for(path.exists, name)
        content = path.read_bytes()
        path.unlink()
        return content

    def ask(self, name: str, content: bytes) -> bytes:
        """Drop a request and wait for its result."""
        self.drop(name, content)
        return self.result(name.replace("req_", "res_"))


def wait_for(condition: Callable[[], bool], what: str) -> None:
    """Poll until a condition holds."""
    deadline = time.monotonic() + WAIT_SECONDS
    while not condition():
        assert time.monotonic() < deadline, f"no {what} after {WAIT_SECONDS} s"
        time.sleep(0.01)
