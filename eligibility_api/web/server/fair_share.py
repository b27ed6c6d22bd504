"""Shares a worker's capacity for requests between its clients. Pure: the caller passes the time and starts requests.

A client alone may use all of it. When several are active, each may have its share of requests in progress; further
ones of a client wait behind its own, and the waiting clients take turns. If the capacity is exhausted, the newest
waiting request of the client with the most is refused, so that one client's excess is that client's alone.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass, field
from enum import Enum
from typing import Generic, TypeVar

RequestT = TypeVar("RequestT")

ACTIVE_SECONDS = 1.0
"""A client counts as active until this long after its last request: what a share is computed from."""

_FREE_PART = 128
"""Below this part of the capacity in progress, any request starts: nothing waits while the processor is idle."""

_BUSY_PART = 32
"""Above this part, a request may have waited so long that its client has given up."""

_SHARED_PART = 32
"""This part of the capacity is divided between the active clients. Requests in progress beyond it only make each other
slower."""

_EXCESS_PART = 4
"""A client that holds this part of the capacity, and is refused more, is made to wait before it may ask again."""

_MIN_PART = 128
"""Each client may have this part in progress, however many clients are active: some requests wait for J-LIS."""


class Verdict(Enum):
    """What happens to an arriving request."""

    START = "start"
    WAIT = "wait"
    REFUSE = "refuse"


@dataclass(slots=True)
class _Client(Generic[RequestT]):
    """One active client: its requests in progress and waiting, and when its last one arrived."""

    in_progress: int = 0
    waiting: OrderedDict[RequestT, None] = field(default_factory=OrderedDict)
    arrived_at: float = 0.0

    @property
    def held(self) -> int:
        """The number of its requests, in progress and waiting."""
        return self.in_progress + len(self.waiting)


class FairShare(Generic[RequestT]):
    """The requests of one worker, in progress and waiting, by client."""

    def __init__(self, capacity: int) -> None:
        """`capacity`: the maximum of requests in progress and waiting."""
        self._capacity = capacity
        self._free = max(capacity // _FREE_PART, 1)
        self._busy = max(capacity // _BUSY_PART, 1)
        self._shared = max(capacity // _SHARED_PART, 1)
        self._min_in_progress = max(capacity // _MIN_PART, 1)
        self._clients: dict[Hashable, _Client[RequestT]] = {}
        self._turns: OrderedDict[Hashable, _Client[RequestT]] = OrderedDict()
        """The clients with waiting requests; the next turn is the first one's."""
        self.in_progress = 0
        self.waiting = 0

    def has_excess(self, client: Hashable) -> bool:
        """Whether a client holds so much of the capacity that what it is refused is its own doing."""
        own = self._clients.get(client)
        return own is not None and own.held >= self._capacity // _EXCESS_PART

    @property
    def is_busy(self) -> bool:
        """Whether so many requests are in progress that a new one may have waited."""
        return self.in_progress > self._busy

    def arrive(self, client: Hashable, request: RequestT, now: float) -> tuple[Verdict, RequestT | None]:
        """Decide about a request; also return the waiting request of another client that is refused for it."""
        own = self._clients.get(client)
        if own is None:
            own = self._clients[client] = _Client()
        own.arrived_at = now
        displaced = None
        if self.in_progress + self.waiting >= self._capacity:
            displaced = self._displace(own)
            if displaced is None:
                return Verdict.REFUSE, None
        if not own.waiting and self._may_start(own):
            own.in_progress += 1
            self.in_progress += 1
            return Verdict.START, displaced
        own.waiting[request] = None
        self.waiting += 1
        self._turns.setdefault(client, own)
        return Verdict.WAIT, displaced

    def leave(self, client: Hashable) -> list[RequestT]:
        """A request in progress ended. Return the waiting requests that start now."""
        self._clients[client].in_progress -= 1
        self.in_progress -= 1
        return self._start_waiting() if self.waiting else []

    def withdraw(self, client: Hashable, request: RequestT) -> None:
        """A waiting request is given up: its client has disconnected, or it waited too long."""
        own = self._clients[client]
        del own.waiting[request]
        self._was_removed(client, own)

    def forget_inactive(self, now: float) -> list[RequestT]:
        """Forget inactive clients, which raises the others' shares. Return the waiting requests that start now."""
        for client, own in list(self._clients.items()):
            if not own.held and own.arrived_at < now - ACTIVE_SECONDS:
                del self._clients[client]
        return self._start_waiting() if self.waiting else []

    def _may_start(self, own: _Client[RequestT]) -> bool:
        return self.in_progress < self._free or own.in_progress < max(
            self._min_in_progress, self._shared // len(self._clients)
        )

    def _start_waiting(self) -> list[RequestT]:
        """Start the oldest waiting request of each client in turn, as long as one may start."""
        started: list[RequestT] = []
        passed_over = 0
        while passed_over < len(self._turns):
            client, own = next(iter(self._turns.items()))
            self._turns.move_to_end(client)
            if not self._may_start(own):
                passed_over += 1
                continue
            passed_over = 0
            request, _ = own.waiting.popitem(last=False)
            self._was_removed(client, own)
            own.in_progress += 1
            self.in_progress += 1
            started.append(request)
        return started

    def _displace(self, arriving: _Client[RequestT]) -> RequestT | None:
        """Remove the newest waiting request of the client with the most, if that is more than the arriving one's."""
        client, largest = max(self._turns.items(), key=lambda item: item[1].held, default=(None, None))
        if largest is None or largest.held <= arriving.held + 1:
            return None
        request, _ = largest.waiting.popitem()
        self._was_removed(client, largest)
        return request

    def _was_removed(self, client: Hashable, own: _Client[RequestT]) -> None:
        self.waiting -= 1
        if not own.waiting:
            del self._turns[client]
