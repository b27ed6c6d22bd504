"""The present request as the server sees it: whether its client is still connected, and its place among others.

The server's protocol says both before it starts a request's task; the task inherits them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol


class Client(Protocol):
    """A connected client."""

    @property
    def disconnected(self) -> bool:
        """Whether it has closed its connection."""


class Place(Protocol):
    """A request's place among those that the worker has in progress."""

    def step_aside(self) -> None:
        """Let others use it."""

    def come_back(self) -> None:
        """Use it again, whether or not there is capacity."""


_PRESENT: ContextVar[Client | None] = ContextVar("client", default=None)

present_client = _PRESENT.get
"""The client of the present request; None outside of the server."""

set_client = _PRESENT.set
"""Say who the client of the tasks is that are created from now on in this context."""


def has_gone(client: Client | None) -> bool:
    """Whether a client has closed its connection."""
    return client is not None and client.disconnected


_PLACE: ContextVar[Place | None] = ContextVar("place", default=None)

set_place = _PLACE.set
"""Say which place the tasks have that are created from now on in this context."""


@contextmanager
def elsewhere() -> Iterator[None]:
    """The present request waits for another organisation: the worker may begin others meanwhile."""
    place = _PLACE.get()
    if place is None:
        yield
        return
    place.step_aside()
    try:
        yield
    finally:
        place.come_back()
