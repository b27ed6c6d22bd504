"""Threads that answer messages, each request with an `Exchange` of its own: a connection to the fund serves one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack
from typing import Self, TypeVar

from clinic_terminal.errors import TerminalError
from clinic_terminal.exchange.answering import Exchange

WORKERS = 4
MAX_PENDING = 32
"""Requests that are being answered or wait for a thread; more are refused at once."""

_RETRY_SECONDS = 1

Result = TypeVar("Result")


class Workers:
    """A few threads with an exchange each, made when it is first needed; closed at the end."""

    def __init__(
        self, make_exchange: Callable[[], AbstractContextManager[Exchange]], count: int = WORKERS
    ) -> None:
        self._make = make_exchange
        self._threads = ThreadPoolExecutor(count, thread_name_prefix="web-face")
        self._open = ExitStack()
        self._idle: list[Exchange] = []
        self._pending = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._threads.shutdown(cancel_futures=True)
        self._open.close()

    async def run(self, work: Callable[[Exchange], Result]) -> Result:
        """What `work` returns of an idle exchange. Raises TerminalError `web-overloaded`, what `work` raises."""
        if self._pending >= MAX_PENDING:
            raise TerminalError("web-overloaded", retry_after=_RETRY_SECONDS)
        self._pending += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, self._with_exchange, work)
        finally:
            self._pending -= 1

    def _with_exchange(self, work: Callable[[Exchange], Result]) -> Result:
        try:
            exchange = self._idle.pop()
        except IndexError:
            exchange = self._open.enter_context(self._make())
        try:
            return work(exchange)
        finally:
            self._idle.append(exchange)
