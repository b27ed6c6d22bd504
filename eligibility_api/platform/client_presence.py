"""Whether the client of the present request is still connected, for code that works for it later.

The server's protocol says who the client is before it starts a request's task; the task inherits it.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import Protocol


class Client(Protocol):
    """A connected client."""

    @property
    def disconnected(self) -> bool:
        """Whether it has closed its connection."""


_PRESENT: ContextVar[Client | None] = ContextVar("client", default=None)

present_client = _PRESENT.get
"""The client of the present request; None outside of the server."""

set_client = _PRESENT.set
"""Say who the client of the tasks is that are created from now on in this context."""


def has_gone(client: Client | None) -> bool:
    """Whether a client has closed its connection."""
    return client is not None and client.disconnected
