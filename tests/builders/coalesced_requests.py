"""Requests of one kind and the statements that carry them, which end when a test says so."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import asyncpg

from eligibility_api.contract.errors import ShikakuError
from eligibility_api.database.coalescing import Coalesced, Coalescer, InProgress
from eligibility_api.database.db_errors import translate_db_errors
from eligibility_api.platform.sql import Statement

KIND = Coalesced(
    "kind", Statement.of("one :item :limit"), Statement.of("many :item :limit"), shared=("limit",)
)
Outcome = Any


@dataclass
class Server:
    """Statements under way: each ends when the test says so, with rows of its items or an error."""

    under_way: list[tuple[str, list[Any], asyncio.Future[None]]] = field(default_factory=list)
    done: list[tuple[str, Any]] = field(default_factory=list)
    failing: set[Any] = field(default_factory=set)
    """Items that the server refuses, alone or with others."""

    async def fetch(self, text: str, parameters: Sequence[Any]) -> list[Any]:
        item, _ = parameters
        ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        entry = (text.split(maxsplit=1)[0], item, ended)
        self.under_way.append(entry)
        with translate_db_errors():
            try:
                await ended
            finally:
                self.under_way.remove(entry)
                self.done.append(entry[:2])
            items = item if isinstance(item, list) else [item]
            if self.failing & set(items):
                raise asyncpg.CheckViolationError
            # Not in the order of their places, and two rows for each.
            return [
                {"place": place, "item": of}
                for place, of in reversed(list(enumerate(items, 1)))
                for _ in "xx"
            ]

    def end(self, error: BaseException | None = None) -> None:
        """End the statement that began first."""
        ended = self.under_way[0][2]
        if error is None:
            ended.set_result(None)
        else:
            ended.set_exception(error)

    @property
    def running(self) -> list[tuple[str, Any]]:
        return [entry[:2] for entry in self.under_way]


async def turns() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


class Requests:
    """A coalescer over a server, and requests to it."""

    def __init__(self) -> None:
        self.server = Server()
        self.in_progress = InProgress()
        self.coalescer = Coalescer(KIND, self.server.fetch, self.in_progress)

    async def ask(self, *items: Any) -> list[asyncio.Task[Any]]:
        asked = [
            asyncio.create_task(self._rows(self.coalescer.fetch({"item": item, "limit": 7})))
            for item in items
        ]
        await turns()
        return asked

    async def _rows(self, fetched: Any) -> Any:
        return [row["item"] for row in await fetched]

    async def end(self, error: BaseException | None = None) -> None:
        self.server.end(error)
        await turns()

    async def end_all(self) -> None:
        while self.server.under_way:
            await self.end()


async def outcomes(tasks: Sequence[asyncio.Task[Any]]) -> list[Outcome]:
    """Rows, or the code of a refusal."""
    done = await asyncio.gather(*tasks, return_exceptions=True)
    return [one.code if isinstance(one, ShikakuError) else one for one in done]


async def ended(requests: Requests, *items: Any) -> list[asyncio.Task[Any]]:
    """Requests that were asked and answered."""
    asked = await requests.ask(*items)
    await requests.end_all()
    return asked


async def until(happened: Any) -> None:
    """Wait for a condition that other tasks make true."""
    async with asyncio.timeout(10):
        while not happened():
            await asyncio.sleep(0)


class Client:
    """Who sent a request, and may have gone meanwhile."""

    disconnected = False
