"""The threads of the web face: an exchange serves one request at a time, and is closed at the end."""

from __future__ import annotations

import asyncio
import threading
from typing import Any, cast

import pytest

from clinic_terminal.errors import TerminalError
from clinic_terminal.exchange.answering import Exchange
from clinic_terminal.exchange.web.workers import MAX_PENDING, Workers

pytestmark = pytest.mark.anyio


class FakeExchange:
    """Records its uses."""

    def __init__(self) -> None:
        self.open = False
        self.busy = threading.Lock()

    def __enter__(self) -> FakeExchange:
        self.open = True
        return self

    def __exit__(self, *_: object) -> None:
        self.open = False


class Factory:
    def __init__(self) -> None:
        self.made: list[FakeExchange] = []

    def __call__(self) -> Exchange:
        self.made.append(FakeExchange())
        return cast(Exchange, self.made[-1])


def use(exchange: Any) -> bool:
    """Whether nobody else uses the exchange meanwhile."""
    free: bool = exchange.busy.acquire(blocking=False)
    if free:
        exchange.busy.release()
    return free and exchange.open


async def test_exchanges_are_made_as_needed_used_again_and_closed() -> None:
    factory = Factory()
    with Workers(factory, count=2) as workers:
        assert factory.made == []
        assert all([await workers.run(use) for _ in range(10)])
        assert len(factory.made) == 1
        assert all(await asyncio.gather(*(workers.run(use) for _ in range(MAX_PENDING))))
        assert len(factory.made) <= 2
    assert not any(one.open for one in factory.made)


async def test_an_exchange_is_used_again_after_a_failure() -> None:
    factory = Factory()

    def fail(_: Exchange) -> None:
        raise TerminalError("exchange-internal")

    with Workers(factory, count=1) as workers:
        with pytest.raises(TerminalError):
            await workers.run(fail)
        assert await workers.run(use)
    assert len(factory.made) == 1


async def test_more_requests_than_can_wait_are_refused_until_others_end() -> None:
    gate = threading.Event()

    def wait(_: Exchange) -> bool:
        return gate.wait(timeout=30)

    with Workers(Factory(), count=1) as workers:
        waiting = [asyncio.create_task(workers.run(wait)) for _ in range(MAX_PENDING)]
        await asyncio.sleep(0)
        with pytest.raises(TerminalError) as refused:
            await workers.run(wait)
        assert (refused.value.code, refused.value.retry_after) == ("web-overloaded", 1)
        gate.set()
        assert all(await asyncio.gather(*waiting))
        assert await workers.run(wait)


async def test_no_exchange_means_the_failure_of_this_request_only() -> None:
    made = Factory()
    failures = [OSError("no connection")]

    def make() -> Exchange:
        if failures:
            raise failures.pop()
        return made()

    with Workers(make, count=1) as workers:
        with pytest.raises(OSError, match="no connection"):
            await workers.run(use)
        assert await workers.run(use)
