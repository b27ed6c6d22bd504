"""Runs the application on one address, and announces its URL once it listens.

It stops cleanly on a signal.
"""

import signal
import socket
from pathlib import Path
from types import FrameType
from typing import NoReturn

import uvicorn
from fastapi import FastAPI

from jpki_mock.files import write_file

HOST = "127.0.0.1"


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
            write_file(self._announce, self._url.encode(), mode=0o644)


def serve(app: FastAPI, port: int, announce: Path | None, host: str = HOST) -> None:
    """Serve until SIGTERM or SIGINT. Port 0: any free port.

    Raises OSError if the port is in use, or `host` is no address of this machine.
    """
    # uvicorn re-raises a caught signal after its shutdown: these handlers turn that into exit code 0.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _end)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, port), family=family, backlog=2048) as listener:
        shown = f"[{host}]" if ":" in host else host
        url = f"http://{shown}:{listener.getsockname()[1]}"
        config = uvicorn.Config(app, log_level="warning", access_log=False, server_header=False)
        _AnnouncingServer(config, announce, url).run(sockets=[listener])


def _end(_number: int, _frame: FrameType | None) -> NoReturn:
    raise SystemExit(0)
