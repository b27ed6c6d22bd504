"""Serves the compared applications, each in one uvicorn worker process with the fund's own uvicorn settings.

`python -m loadtest.baseline.server APPLICATION DESCRIPTOR` serves on a socket that the parent process listens
on already.
"""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import uvicorn

from loadtest.child_processes import child_process

_STOP_SECONDS = 20.0


def _baseline() -> Any:
    from loadtest.baseline.app import build

    return build()


def _minimal_fastapi() -> Any:
    """FastAPI's minimal route: the cost of the framework before any work is done."""
    from fastapi import FastAPI

    app = FastAPI()

    @app.get("/")
    async def minimal() -> dict[str, str]:
        """What the framework's own example answers."""
        return {"message": "hello"}

    return app


APPLICATIONS: Mapping[str, Callable[[], Any]] = {"baseline": _baseline, "fastapi": _minimal_fastapi}


@dataclass(frozen=True, slots=True)
class ServerProcess:
    """A serving process and its base URL."""

    pid: int
    url: str


@contextmanager
def serve(application: str, environment: Mapping[str, str]) -> Iterator[ServerProcess]:
    """Serve one of APPLICATIONS for the duration of the block."""
    with socket.create_server(("127.0.0.1", 0), backlog=2048) as listening:
        descriptor = listening.fileno()
        command = [sys.executable, "-m", "loadtest.baseline.server", application, str(descriptor)]
        variables = dict(os.environ) | dict(environment)
        with child_process(
            command, stop_seconds=_STOP_SECONDS, environment=variables, pass_fds=[descriptor]
        ) as process:
            yield ServerProcess(process.pid, f"http://127.0.0.1:{listening.getsockname()[1]}")


def main() -> None:
    """Serve until SIGTERM."""
    application, descriptor = sys.argv[1:]
    config = uvicorn.Config(
        APPLICATIONS[application](),
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
