"""Runs an application on the loopback address, and announces its address once it listens."""

from __future__ import annotations

import signal
import socket
from pathlib import Path
from types import FrameType
from typing import NoReturn

import uvicorn
from starlette.types import ASGIApp

HOST = "127.0.0.1"
_MAX_CONNECTIONS = 64
_HEAD_BYTES = 16 * 1024
_KEEP_ALIVE_SECONDS = 15
_SHUTDOWN_SECONDS = 2


class _AnnouncingServer(uvicorn.Server):
    """Announces its base URL once it listens: on standard output, and optionally in a file."""

    def __init__(self, config: uvicorn.Config, announce: Path | None, url: str) -> None:
        super().__init__(config)
        self._announce = announce
        self._url = url

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, and then announce the URL."""
        await super().startup(sockets=sockets)
        print(self._url, flush=True)
        if self._announce is not None:
            new = self._announce.with_name(f"{self._announce.name}.new")
            new.write_text(self._url, encoding="utf-8")
            new.replace(self._announce)


def config_of(app: ASGIApp) -> uvicorn.Config:
    """The server's settings: few connections, small heads, no log of requests, no wait for open streams."""
    return uvicorn.Config(
        app,
        http="h11",
        ws="none",
        log_level="warning",
        access_log=False,
        server_header=False,
        limit_concurrency=_MAX_CONNECTIONS,
        h11_max_incomplete_event_size=_HEAD_BYTES,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=_SHUTDOWN_SECONDS,
        proxy_headers=False,
    )


def serve(app: ASGIApp, port: int, announce: Path | None, path: str = "") -> None:
    """Serve until SIGTERM or SIGINT. Port 0: any free port. Raises OSError if the port is in use.

    `path`: of the page whose address is announced.
    """
    # uvicorn re-raises a caught signal after its shutdown: these handlers turn that into exit code 0.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _end)
    with socket.create_server((HOST, port), backlog=128) as listener:
        url = f"http://{HOST}:{listener.getsockname()[1]}{path}"
        _AnnouncingServer(config_of(app), announce, url).run(sockets=[listener])


def _end(_number: int, _frame: FrameType | None) -> NoReturn:
    raise SystemExit(0)
