"""Serves the web face on the loopback address in a thread of this process."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import Any

import uvicorn

from clinic_terminal.exchange.answering import Exchange
from clinic_terminal.exchange.web.app import make_app
from clinic_terminal.exchange.web.connections import TimedProtocol
from clinic_terminal.exchange.web.sessions import Sessions
from clinic_terminal.exchange.web.terminal_key import write_key
from clinic_terminal.exchange.web.workers import Workers

HOST = "127.0.0.1"

_MAX_CONNECTIONS = 64
_MAX_HEADER_BYTES = 16_384
_IDLE_SECONDS = 10
_STOP_SECONDS = 5


@dataclass(frozen=True, slots=True)
class Tls:
    """Files of a server certificate (PEM), and of the authority whose client certificates sign in."""

    certificate: Path
    key: Path
    client_authority: Path | None = None

    def options(self) -> dict[str, Any]:
        """Uvicorn's options. With an authority, a connection without a certificate of it is not established."""
        options: dict[str, Any] = {"ssl_certfile": self.certificate, "ssl_keyfile": self.key}
        if self.client_authority is not None:
            options |= {"ssl_ca_certs": str(self.client_authority), "ssl_cert_reqs": ssl.CERT_REQUIRED}
        return options


@contextmanager
def web_face(
    make_exchange: Callable[[], AbstractContextManager[Exchange]],
    home: Path,
    port: int,
    tls: Tls | None = None,
) -> Iterator[str]:
    """Serve until the end of the block; yields the base URL. Port 0: any free port.

    Unless client certificates sign in, a new terminal's key is written to `home`. Raises OSError where the port is
    in use, or a file of `tls` cannot be read or is none (`ssl.SSLError`).
    """
    by_certificate = tls is not None and tls.client_authority is not None
    with socket.create_server((HOST, port)) as listener, Workers(make_exchange) as workers:
        port = listener.getsockname()[1]
        app = make_app(workers, Sessions(time.monotonic), port, None if by_certificate else write_key(home))
        config = uvicorn.Config(
            app, http=TimedProtocol, ws="none", lifespan="off", log_config=None, access_log=False, server_header=False,
            limit_concurrency=_MAX_CONNECTIONS, h11_max_incomplete_event_size=_MAX_HEADER_BYTES,
            timeout_keep_alive=_IDLE_SECONDS, timeout_graceful_shutdown=_STOP_SECONDS,
            proxy_headers=False, **(tls.options() if tls is not None else {}),
        )  # fmt: skip
        config.load()  # here, so that a wrong certificate is an error of the caller
        server = uvicorn.Server(config)
        thread = Thread(target=server.run, kwargs={"sockets": [listener]}, name="web-face", daemon=True)
        thread.start()
        try:
            yield f"{'https' if tls is not None else 'http'}://{HOST}:{port}"
        finally:
            server.should_exit = True
            thread.join()
