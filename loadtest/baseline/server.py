"""The compared applications as processes: one uvicorn worker each, with the fund's own settings of it.

`python -m loadtest.baseline.server APPLICATION DESCRIPTOR` serves on a socket that the laboratory listens on already.
"""

from __future__ import annotations

import importlib
import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import uvicorn

_STOP_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Served:
    """A process that serves, and where."""

    pid: int
    url: str


@contextmanager
def served(name: str, environment: Mapping[str, str]) -> Iterator[Served]:
    """The application `loadtest.floor.NAME` served for as long as the block lasts."""
    with socket.create_server(("127.0.0.1", 0), backlog=2048) as listening:
        descriptor = listening.fileno()
        process = subprocess.Popen(
            [sys.executable, "-m", "loadtest.baseline.server", name, str(descriptor)],
            env=dict(os.environ) | dict(environment),
            stdin=subprocess.DEVNULL,
            pass_fds=[descriptor],
            start_new_session=True,
        )
        try:
            yield Served(process.pid, f"http://127.0.0.1:{listening.getsockname()[1]}")
        finally:
            process.terminate()
            try:
                process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def main() -> None:
    """Serve until SIGTERM."""
    name, descriptor = sys.argv[1:]
    application = importlib.import_module(f"loadtest.floor.{name}").build()
    config = uvicorn.Config(
        application,
        loop="uvloop",
        http="httptools",
        lifespan="on",
        access_log=False,
        log_level="warning",
        server_header=False,
    )
    uvicorn.Server(config).run(sockets=[socket.socket(fileno=int(descriptor))])


if __name__ == "__main__":
    main()
