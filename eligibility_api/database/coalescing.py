"""Requests of one kind that arrive while a statement of that kind is under way travel together.

A request that finds no statement of its kind under way goes alone, at once, by its own statement. Those that
arrive meanwhile gather; the next statement answers all of them: one set-based statement, one snapshot, one
transaction, one durable commit. Each gets its own rows. What one of them may read, use up or record is what
it would be if they had come one after the other.

- While the process has more requests in progress than one statement answers, a statement's end begins no other:
  requests gather until one has waited for `PATIENCE_SECONDS`, or a whole group waits.
- A kind has at most `MAX_UNDER_WAY` statements under way, so that a slow kind leaves connections to the others.
  Usually it is one; a further one begins if that takes longer than `PATIENCE_SECONDS`.
- Dropped before the statement: a request whose client has gone, or that has waited for `ACQUIRE_SECONDS`.
- A group's statement belongs to no request: whichever of its requests is cancelled, the others get their rows.
- If the server reports an error of a statement, it has rolled back, and each request is repeated alone: only
  those that fail alone fail. After a lost connection or a timeout nobody knows whether the statement was
  committed: nothing is repeated, and all requests end as one would.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

import asyncpg

from eligibility_api.contract.errors import ShikakuError
from eligibility_api.database.db_errors import RETRY_AFTER_SECONDS, is_rolled_back
from eligibility_api.database.pool import ACQUIRE_SECONDS
from eligibility_api.platform.client_presence import has_gone, present_client
from eligibility_api.platform.sql import Statement
from eligibility_api.platform.telemetry import TOGETHER

MAX_TOGETHER = 32
"""The most requests of one statement. A cut connection ends all of them."""

PATIENCE_SECONDS = 0.03
"""How long requests gather, or wait for a statement under way, before another one begins."""

MAX_UNDER_WAY = 3
"""The most statements of one kind under way in one process."""

Rows = list[asyncpg.Record]
Fetch = Callable[[str, Sequence[Any]], Awaitable[Rows]]


@dataclass(frozen=True, slots=True)
class Coalesced:
    """A kind of requests with its two statements, which have the same parameters and the same result.

    In `together` each parameter is an array with an element for each request, but those named in `shared`, which
    all requests of a group have in common. Its rows have a column `place`: which request they belong to, from 1.
    `one_each`: a parameter of which no two requests of a group have the same value.
    If the column `goes_alone` is true, the request cannot be decided
    together with others: nothing of it was used or recorded, and it is repeated alone.
    """

    name: str
    alone: Statement
    together: Statement
    shared: tuple[str, ...] = ()
    one_each: str | None = None

    def group(self, values: Mapping[str, Any]) -> tuple[Any, ...]:
        """What a request has in common with the requests that it may travel with."""
        return (self.name, *(values[name] for name in self.shared))

    def parameters(self, group: Iterable[Mapping[str, Any]]) -> list[Any]:
        """The parameters of `together` for some requests of a group."""
        requests = list(group)
        return [
            requests[0][name] if name in self.shared else [values[name] for values in requests]
            for name in self.together.names
        ]


class _Turn(Enum):
    """What a waiting request has to do itself."""

    LEAD = "lead the next group"
    GO_ALONE = "go alone"


class Request:
    """One waiting request: its turn ends with its rows, its error, or what it has to do itself."""

    __slots__ = ("client", "deadline", "outcome", "turn", "values")

    def __init__(self, values: Mapping[str, Any], loop: asyncio.AbstractEventLoop) -> None:
        self.values = values
        self.turn: asyncio.Future[Rows | _Turn] = loop.create_future()
        self.deadline = loop.time() + ACQUIRE_SECONDS
        self.client = present_client()
        self.outcome: Rows | Exception | _Turn | None = None

    def end(self, outcome: Rows | Exception | _Turn) -> None:
        """Give it its outcome, and wake it unless it leads or was cancelled."""
        self.outcome = outcome
        if self.turn.done():
            return  # it leads, or was cancelled
        if isinstance(outcome, Exception):
            self.turn.set_exception(outcome)
        else:
            self.turn.set_result(outcome)


@dataclass(slots=True)
class InProgress:
    """The number of requests, of all kinds, that one process has in statements or waiting for one."""

    requests: int = 0


class Coalescer:
    """The requests of one group in one process."""

    def __init__(self, kind: Coalesced, fetch: Fetch, in_progress: InProgress) -> None:
        """`fetch` executes one statement in its own transaction; `in_progress` counts the requests of all groups."""
        self._kind = kind
        self._fetch = fetch
        self._in_progress = in_progress
        self._waiting: deque[Request] = deque()
        self._under_way = 0
        self._leader: Request | None = None
        """The request whose turn to lead has come, until it takes the group."""
        self._patience: asyncio.TimerHandle | None = None
        self._groups: set[asyncio.Task[None]] = set()
        """Groups under way, which nobody else may refer to."""
        self._count_together = TOGETHER.labels(kind.name).observe

    async def fetch(self, values: Mapping[str, Any]) -> Rows:
        """The rows of one request, alone or with others. Raises as `fetch`, and `overloaded`."""
        self._in_progress.requests += 1
        try:
            if self._under_way or self._waiting or self._in_progress.requests > MAX_TOGETHER:
                return await self._with_others(values)
            self._under_way = 1
            try:
                return await self._alone(values)
            finally:
                self._ended(1)
        finally:
            self._in_progress.requests -= 1

    async def _with_others(self, values: Mapping[str, Any]) -> Rows:
        """The rows of a request that waits for the next statement."""
        loop = asyncio.get_running_loop()
        request = self._request(values, loop)
        self._waiting.append(request)
        if not self._under_way:
            self._begin_if_due()
        if self._patience is None:
            self._patience = loop.call_later(PATIENCE_SECONDS, self._lose_patience, loop)
        try:
            turn = await request.turn
        except asyncio.CancelledError:
            if self._leader is request:
                self._leader = None
                self._ended(1)
            raise
        outcome = await self._lead(request, loop) if turn is _Turn.LEAD else turn
        return outcome if not isinstance(outcome, _Turn) else await self._alone(values)

    def _request(self, values: Mapping[str, Any], loop: asyncio.AbstractEventLoop) -> Request:
        return Request(values, loop)

    async def _alone(self, values: Mapping[str, Any]) -> Rows:
        self._count_together(1)
        statement = self._kind.alone
        return await self._fetch(statement.text, statement.parameters(values))

    async def _lead(self, own: Request, loop: asyncio.AbstractEventLoop) -> Rows | _Turn:
        """Execute the next statement, for the request that has waited longest and those behind it."""
        group = self._take(own, loop.time())
        if len(group) > 1:
            executed = loop.create_task(self._execute(group))
            self._groups.add(executed)
            executed.add_done_callback(self._groups.discard)
            await asyncio.shield(executed)
        else:
            await self._execute(group)
        assert own.outcome is not None
        if isinstance(own.outcome, Exception):
            raise own.outcome
        return own.outcome

    async def _execute(self, group: Sequence[Request]) -> None:
        """Execute the statement of a group, and let the next one begin."""
        try:
            if len(group) == 1:
                await self._repeat_alone(group)
            elif group:
                await self._together(group)
        except BaseException:  # cancelled, at the end of the process: whether it was committed is not known
            for request in group:
                request.end(ShikakuError("database-unavailable", retry_after=RETRY_AFTER_SECONDS))
            raise
        finally:
            self._ended(len(group))

    def _take(self, first: Request, now: float) -> list[Request]:
        """The requests of the next statement, in order of arrival; ends those that nobody waits for."""
        self._leader = None
        group: list[Request] = []
        passed_over: list[Request] = []
        taken: set[Any] = set()
        one_each = self._kind.one_each
        request = first
        while True:
            if now > request.deadline or has_gone(request.client):
                request.end(ShikakuError("overloaded", retry_after=RETRY_AFTER_SECONDS))
            elif one_each is not None and request.values[one_each] in taken:
                passed_over.append(request)
            elif not request.turn.cancelled():
                group.append(request)
                if one_each is not None:
                    taken.add(request.values[one_each])
            if not self._waiting or len(group) == MAX_TOGETHER:
                self._waiting.extendleft(reversed(passed_over))
                return group
            request = self._waiting.popleft()

    async def _together(self, group: Sequence[Request]) -> None:
        self._count_together(len(group))
        try:
            rows = await self._fetch(
                self._kind.together.text, self._kind.parameters(request.values for request in group)
            )
        except Exception as error:
            if is_rolled_back(error):
                await self._repeat_alone(group)
                return
            for request in group:
                request.end(error)
            return
        by_place: list[list[asyncpg.Record]] = [[] for _ in group]
        for row in rows:
            by_place[row["place"] - 1].append(row)
        for request, own in zip(group, by_place, strict=True):
            request.end(_Turn.GO_ALONE if own and own[0].get("goes_alone") else own)

    async def _repeat_alone(self, group: Sequence[Request]) -> None:
        """Execute requests one after the other, as long as one waits for a connection: others wait for the end."""
        loop = asyncio.get_running_loop()
        until = loop.time() + ACQUIRE_SECONDS
        for request in group:
            if loop.time() > until or has_gone(request.client):
                request.end(ShikakuError("overloaded", retry_after=RETRY_AFTER_SECONDS))
                continue
            try:
                rows = await self._alone(request.values)
            except Exception as error:
                request.end(error)
            else:
                request.end(rows)

    def _ended(self, answered: int) -> None:
        """A statement ended; the requests that it answered have not left yet."""
        self._under_way -= 1
        self._begin_if_due(answered)

    def _begin_if_due(self, answered: int = 0) -> None:
        """Begin the next statement, unless more requests should gather first: then patience begins it.

        With many requests in progress the processor is busy. Then it matters how many statements there are, not how
        soon the next one begins.
        """
        if self._in_progress.requests - answered <= MAX_TOGETHER or len(self._waiting) >= MAX_TOGETHER:
            self._begin()

    def _begin(self) -> None:
        """Let the request that has waited longest lead the next statement, unless one is about to."""
        while self._waiting and self._leader is None:
            first = self._waiting.popleft()
            if not first.turn.done():
                self._under_way += 1
                self._leader = first
                first.turn.set_result(_Turn.LEAD)

    def _lose_patience(self, loop: asyncio.AbstractEventLoop) -> None:
        """Requests have gathered, or a statement takes long: begin another one, and end the requests whose time is up."""
        self._patience = None
        while self._waiting and loop.time() > self._waiting[0].deadline:
            self._waiting.popleft().end(ShikakuError("overloaded", retry_after=RETRY_AFTER_SECONDS))
        if self._under_way < MAX_UNDER_WAY:
            self._begin()
        if self._waiting:
            self._patience = loop.call_later(PATIENCE_SECONDS, self._lose_patience, loop)
