"""Serves the screens on the loopback address in a thread of this process."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

import uvicorn

from clinic_terminal.pages.app import create_app
from clinic_terminal.pages.site import Pages
from screens.web.server import HOST, config_of


@contextmanager
def pages(site: Pages, port: int) -> Iterator[str]:
    """Serve until the end of the block; yields the base URL. Port 0: any free port. Raises OSError."""
    with site.reader.running(), socket.create_server((HOST, port), backlog=128) as listener:
        server = uvicorn.Server(config_of(create_app(site)))
        thread = Thread(target=server.run, kwargs={"sockets": [listener]}, name="pages", daemon=True)
        thread.start()
        try:
            yield f"http://{HOST}:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()
            site.close()
