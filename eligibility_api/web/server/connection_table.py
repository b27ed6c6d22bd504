"""The connections of one worker, by address, and which are closed when there are too many. Pure."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from typing import Generic, TypeAlias, TypeVar

ConnectionT = TypeVar("ConnectionT")

_Group: TypeAlias = dict[str | None, dict[ConnectionT, None]]
"""Connections by address, oldest first."""

_CLOSED_PART = 64
"""At the maximum, this part of it is closed at once, so that the choice is made once for many new connections."""


class ConnectionTable(Generic[ConnectionT]):
    """Bounds the connections of a worker.

    At the maximum, a new one takes the place of one that only waits for its client. Those on which no valid token
    has ever arrived go first, of the address with the most of them, oldest first.
    """

    def __init__(self, maximum: int, awaits_client: Callable[[ConnectionT], bool]) -> None:
        """`awaits_client`: whether a connection may be closed, because no request of it is being answered."""
        self._maximum = maximum
        self._awaits_client = awaits_client
        self._unknown: _Group[ConnectionT] = {}
        self._known: _Group[ConnectionT] = {}
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add(self, address: str | None, connection: ConnectionT) -> list[ConnectionT]:
        """Add a connection. Return those to be closed for it, which are removed, or itself if no other may be closed."""
        closed: list[ConnectionT] = []
        if self._count >= self._maximum:
            closed = self._remove_chosen(max(self._maximum // _CLOSED_PART, 1))
            if not closed:
                return [connection]
        self._unknown.setdefault(address, {})[connection] = None
        self._count += 1
        return closed

    def mark_known(self, address: str | None, connection: ConnectionT) -> None:
        """A valid token has arrived on a connection: it is closed after all those without."""
        if _discard(self._unknown, address, connection):
            self._known.setdefault(address, {})[connection] = None

    def remove(self, address: str | None, connection: ConnectionT) -> None:
        """The connection has ended; nothing happens if it was removed before."""
        if _discard(self._unknown, address, connection) or _discard(self._known, address, connection):
            self._count -= 1

    def _remove_chosen(self, count: int) -> list[ConnectionT]:
        removed: list[ConnectionT] = []
        for group in (self._unknown, self._known):
            chosen = list(self._choose(group, count - len(removed)))
            for address, connection in chosen:
                self.remove(address, connection)
            removed += [connection for _, connection in chosen]
        return removed

    def _choose(self, group: _Group[ConnectionT], count: int) -> Iterator[tuple[str | None, ConnectionT]]:
        """Choose from the address with the most connections, oldest first, until none or enough are chosen."""
        heap = [(-len(own), n, address, iter(own)) for n, (address, own) in enumerate(group.items())]
        heapq.heapify(heap)
        while heap and count > 0:
            size, n, address, candidates = heap[0]
            chosen = next((one for one in candidates if self._awaits_client(one)), None)
            if chosen is None:
                heapq.heappop(heap)
                continue
            heapq.heapreplace(heap, (size + 1, n, address, candidates))
            count -= 1
            yield address, chosen


def _discard(group: _Group[ConnectionT], address: str | None, connection: ConnectionT) -> bool:
    own = group.get(address, {})
    if connection not in own:
        return False
    del own[connection]
    if not own:
        del group[address]
    return True
