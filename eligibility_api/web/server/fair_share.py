"""Shares a worker's capacity for requests between its clients. Pure: the caller passes the time and starts requests.

A client alone may use all of it. When several are active, each may have its share of requests in progress; further
ones of a client wait behind its own, and the waiting clients take turns: first those with visits under way. If the
capacity is exhausted, the newest waiting request of the client with the most is refused, so that one client's excess
is that client's alone.

All clients together have no more in progress than the worker's window of work (`work_window.py`). While it is full, a
request that waits is refused by its age: its client learns soon that it has to ask again, or elsewhere.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field
from enum import Enum
from typing import Generic, NamedTuple, TypeAlias, TypeVar

from eligibility_api.web.server.request_kind import LOOK_UP, USUAL, RequestKind
from eligibility_api.web.server.work_window import WorkWindow

RequestT = TypeVar("RequestT")

ACTIVE_SECONDS = 1.0
"""A client counts as active until this long after its last request: what a share is computed from."""

NEW_VISIT_SECONDS = 0.02
"""How long a new visit waits while the worker is full: its client learns within 100 ms that it has to ask again."""

VISIT_UNDER_WAY_SECONDS = 0.4
"""How long a request of a visit under way waits then: what was done for the visit would be lost."""

_FREE_PART = 128
"""Below this part of the capacity in progress, any request starts: nothing waits while the processor is idle."""

_BUSY_PART = 32
"""Above this part, a request may have waited so long that its client has given up."""

_SHARED_PART = 32
"""This part of the capacity is divided between the active clients. Requests in progress beyond it only make each other
slower."""

_WINDOW_PART, _MIN_WINDOW = 8, 4
"""The window of work holds this part of the capacity in look-ups by number, and so many at least."""

_EXCESS_PART = 4
"""A client that holds this part of the capacity, and is refused more, is made to wait before it may ask again."""

_MIN_PART = 128
"""Each client may have this part in progress, however many clients are active: some requests wait for J-LIS."""


class Verdict(Enum):
    """What happens to an arriving request."""

    START = "start"
    WAIT = "wait"
    REFUSE = "refuse"


class _Waiting(NamedTuple):
    """A waiting request's kind, and when it arrived."""

    kind: RequestKind
    arrived_at: float


@dataclass(slots=True)
class _Client(Generic[RequestT]):
    """One active client: its requests in progress and waiting, oldest first, and when its last one arrived."""

    in_progress: int = 0
    under_way: OrderedDict[RequestT, _Waiting] = field(default_factory=OrderedDict)
    """Waiting requests of visits under way."""
    new: OrderedDict[RequestT, _Waiting] = field(default_factory=OrderedDict)
    """Waiting requests that begin a visit."""
    arrived_at: float = 0.0

    @property
    def held(self) -> int:
        """The number of its requests, in progress and waiting."""
        return self.in_progress + len(self.under_way) + len(self.new)

    def line(self, *, under_way: bool) -> OrderedDict[RequestT, _Waiting]:
        """Its waiting requests of visits that are under way, or of new ones."""
        return self.under_way if under_way else self.new

    def line_of(self, request: RequestT) -> OrderedDict[RequestT, _Waiting]:
        """The waiting requests among which this one is."""
        return self.under_way if request in self.under_way else self.new


_Turns: TypeAlias = OrderedDict[Hashable, _Client[RequestT]]
"""Clients with waiting requests; the next turn is the first one's."""


class FairShare(Generic[RequestT]):
    """The requests of one worker, in progress and waiting, by client."""

    def __init__(self, capacity: int) -> None:
        """`capacity`: the maximum of requests in progress and waiting."""
        self._capacity = capacity
        self._free = max(capacity // _FREE_PART, 1)
        self._busy = max(capacity // _BUSY_PART, 1)
        self._shared = max(capacity // _SHARED_PART, 1)
        self._min_in_progress = max(capacity // _MIN_PART, 1)
        self._full_since: dict[bool, float] = {}
        """Since which check the window has been full for requests of visits under way (True), and for new ones."""
        self.window = WorkWindow(LOOK_UP * max(capacity // _WINDOW_PART, _MIN_WINDOW))
        self._clients: dict[Hashable, _Client[RequestT]] = {}
        self._under_way: _Turns[RequestT] = OrderedDict()
        self._new: _Turns[RequestT] = OrderedDict()
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

    def arrive(
        self, client: Hashable, request: RequestT, now: float, kind: RequestKind = USUAL
    ) -> tuple[Verdict, RequestT | None]:
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
        is_behind = own.under_way or (own.new and not kind.continues_visit)
        if not is_behind and self._may_start(own, kind):
            self._start(own, kind)
            return Verdict.START, displaced
        own.line(under_way=kind.continues_visit)[request] = _Waiting(kind, now)
        self.waiting += 1
        self._turns(under_way=kind.continues_visit).setdefault(client, own)
        return Verdict.WAIT, displaced

    def leave(self, client: Hashable, kind: RequestKind = USUAL) -> list[RequestT]:
        """A request in progress ended. Return the waiting requests that start now."""
        self._clients[client].in_progress -= 1
        self.in_progress -= 1
        self.window.end(kind)
        return self._start_waiting() if self.waiting else []

    def step_aside(self, kind: RequestKind) -> list[RequestT]:
        """A request in progress waits for somebody else. Return the waiting requests that start now."""
        self.window.step_aside(kind)
        return self._start_waiting() if self.waiting else []

    def withdraw(self, client: Hashable, request: RequestT) -> None:
        """A waiting request is given up: its client has disconnected, or it waited too long."""
        own = self._clients[client]
        del own.line_of(request)[request]
        self._was_removed(client, own)

    def forget_inactive(self, now: float) -> list[RequestT]:
        """Forget inactive clients, which raises the others' shares. Return the waiting requests that start now."""
        for client, own in list(self._clients.items()):
            if not own.held and own.arrived_at < now - ACTIVE_SECONDS:
                del self._clients[client]
        self.window.adapt(now)
        return self._start_waiting() if self.waiting else []

    def remove_overdue(self, now: float) -> list[RequestT]:
        """Remove the requests that have waited too long, and return them: they are refused.

        Too long is while the worker was full, at each of these checks: what is full for a moment only empties by itself,
        and a request may wait behind its own client's.
        """
        overdue: list[RequestT] = []
        for under_way, seconds in ((True, VISIT_UNDER_WAY_SECONDS), (False, NEW_VISIT_SECONDS)):
            if not self.waiting or self.window.has_capacity(continues_visit=under_way):
                self._full_since.pop(under_way, None)
                continue
            if self._full_since.setdefault(under_way, now) > now - seconds:
                continue
            for client, own in list(self._turns(under_way=under_way).items()):
                line = own.line(under_way=under_way)
                old = [request for request, waiting in line.items() if waiting.arrived_at <= now - seconds]
                for request in old:
                    self.withdraw(client, request)
                overdue += old
        return overdue

    def _turns(self, *, under_way: bool) -> _Turns[RequestT]:
        return self._under_way if under_way else self._new

    def _has_share(self, own: _Client[RequestT]) -> bool:
        return own.in_progress < max(self._min_in_progress, self._shared // len(self._clients))

    def _may_start(self, own: _Client[RequestT], kind: RequestKind) -> bool:
        return self.in_progress < self._free or (self._has_share(own) and self.window.admits(kind))

    def _start(self, own: _Client[RequestT], kind: RequestKind) -> None:
        own.in_progress += 1
        self.in_progress += 1
        self.window.begin(kind)

    def _start_waiting(self) -> list[RequestT]:
        """Start the oldest waiting request of each client in turn, as long as one may start."""
        return [*self._start_of(self._under_way, under_way=True), *self._start_of(self._new, under_way=False)]

    def _start_of(self, turns: _Turns[RequestT], *, under_way: bool) -> Iterator[RequestT]:
        passed_over = 0
        while passed_over < len(turns) and (
            self.in_progress < self._free or self.window.has_capacity(continues_visit=under_way)
        ):
            client, own = next(iter(turns.items()))
            turns.move_to_end(client)
            line = own.line(under_way=under_way)
            request, waiting = next(iter(line.items()))
            if not self._may_start(own, waiting.kind):
                passed_over += 1
                continue
            passed_over = 0
            del line[request]
            self._was_removed(client, own)
            self._start(own, waiting.kind)
            yield request

    def _displace(self, arriving: _Client[RequestT]) -> RequestT | None:
        """Remove the newest waiting request of the client with the most, if that is more than the arriving one's.

        Of its requests one that begins a visit goes first.
        """
        waiting = {**self._under_way, **self._new}
        client, largest = max(waiting.items(), key=lambda item: item[1].held, default=(None, None))
        if largest is None or largest.held <= arriving.held + 1:
            return None
        request, _ = (largest.new or largest.under_way).popitem()
        self._was_removed(client, largest)
        return request

    def _was_removed(self, client: Hashable, own: _Client[RequestT]) -> None:
        self.waiting -= 1
        for under_way in (True, False):
            if not own.line(under_way=under_way):
                self._turns(under_way=under_way).pop(client, None)
