"""Reuse, limits, blocked paths and reconnection of pooled connections; no socket is opened."""

from __future__ import annotations

import asyncio
import resource
from collections.abc import Callable, Coroutine
from ipaddress import ip_address
from itertools import islice
from typing import Any

import pytest

from loadtest.http_client import pool as pool_module
from loadtest.http_client.connection import ConnectionFailed, Reply
from loadtest.http_client.pool import ConnectionPool, loopback_addresses, max_connections

REPLY = Reply(200, b"{}")
TOKEN, CHECK = b"POST /v1/token HTTP/1.1\r\n", b"POST /v1/eligibility/number HTTP/1.1\r\n"


class FakeConnection:
    """Answers at once, or, with `delayed`, when the test sets the answer; open until it is closed."""

    opened: list[FakeConnection]
    delayed = False
    sources: list[str | None]

    def __init__(self) -> None:
        self.is_open = True
        self.waiting: asyncio.Future[Reply] | None = None

    @classmethod
    async def open(cls, host: str, port: int, tls: object, source: str | None) -> FakeConnection:
        cls.opened.append(cls())
        cls.sources.append(source)
        return cls.opened[-1]

    async def exchange(self, data: bytes) -> Reply:
        if not self.delayed:
            return REPLY
        self.waiting = asyncio.get_running_loop().create_future()
        return await self.waiting

    def close(self) -> None:
        self.is_open = False
        if self.waiting is not None and not self.waiting.done():
            self.waiting.set_exception(ConnectionFailed("connection cut"))


@pytest.fixture(autouse=True)
def _fake(monkeypatch: pytest.MonkeyPatch) -> None:
    FakeConnection.opened, FakeConnection.delayed, FakeConnection.sources = [], False, []
    monkeypatch.setattr(pool_module, "Connection", FakeConnection)


def run(work: Callable[[ConnectionPool], Coroutine[Any, Any, None]], max_connections: int = 10) -> None:
    async def within() -> None:
        async with ConnectionPool(
            "http://127.0.0.1:1", max_connections=max_connections, timeout_seconds=10
        ) as pool:
            await work(pool)

    asyncio.run(within())


async def started(pool: ConnectionPool, data: bytes) -> asyncio.Task[Reply]:
    """A request that waits for its answer."""
    task = asyncio.create_task(pool.exchange(data))
    while not FakeConnection.opened or FakeConnection.opened[-1].waiting is None:
        await asyncio.sleep(0)
    return task


def test_a_connection_is_reused() -> None:
    async def work(pool: ConnectionPool) -> None:
        for _ in range(3):
            assert await pool.exchange(CHECK) == REPLY
        assert (len(FakeConnection.opened), pool.peak) == (1, 1)

    run(work)
    assert not FakeConnection.opened[0].is_open


def test_a_connection_that_the_server_may_be_about_to_close_is_not_reused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pool_module, "_IDLE_SECONDS", -1.0)

    async def work(pool: ConnectionPool) -> None:
        for _ in range(2):
            await pool.exchange(CHECK)
        assert [connection.is_open for connection in FakeConnection.opened] == [False, True]

    run(work)


def test_a_request_beyond_the_maximum_fails() -> None:
    async def work(pool: ConnectionPool) -> None:
        FakeConnection.delayed = True
        task = await started(pool, CHECK)
        with pytest.raises(ConnectionFailed, match="no connection left"):
            await pool.exchange(CHECK)
        task.cancel()

    run(work, max_connections=1)


def test_a_blocked_prefix_fails_its_paths_until_it_is_unblocked() -> None:
    async def work(pool: ConnectionPool) -> None:
        pool.block("/v1/token")
        with pytest.raises(ConnectionFailed, match=r"^blocked$"):
            await pool.exchange(TOKEN)
        assert await pool.exchange(CHECK) == REPLY
        pool.unblock("/v1/token")
        assert await pool.exchange(TOKEN) == REPLY

    run(work)


@pytest.mark.parametrize(
    ("prefix", "is_aborted"), [("", True), ("/v1/eligibility", True), ("/v1/token", False)]
)
def test_blocking_aborts_requests_in_progress(prefix: str, is_aborted: bool) -> None:
    async def work(pool: ConnectionPool) -> None:
        FakeConnection.delayed = True
        task = await started(pool, CHECK)
        pool.block(prefix)
        if is_aborted:
            with pytest.raises(ConnectionFailed, match="connection cut"):
                await task
        else:
            assert FakeConnection.opened[0].is_open
            task.cancel()

    run(work)


def test_reconnecting_replaces_all_connections() -> None:
    async def work(pool: ConnectionPool) -> None:
        await pool.exchange(CHECK)
        [old] = FakeConnection.opened
        await pool.reconnect(3)
        assert not old.is_open
        assert len(FakeConnection.opened) == 4
        await pool.exchange(CHECK)
        assert len(FakeConnection.opened) == 4

    run(work)


def test_reconnecting_keeps_the_connections_that_could_be_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    async def open_some(*_: object) -> FakeConnection:
        if len(FakeConnection.opened) == 2:
            raise ConnectionFailed("connection refused")
        FakeConnection.opened.append(FakeConnection())
        return FakeConnection.opened[-1]

    async def work(pool: ConnectionPool) -> None:
        monkeypatch.setattr(FakeConnection, "open", open_some)
        with pytest.raises(ConnectionFailed, match="connection refused"):
            await pool.reconnect(3)
        assert await pool.exchange(CHECK) == REPLY

    run(work)


def test_reconnecting_closes_a_connection_in_use_after_its_answer() -> None:
    async def work(pool: ConnectionPool) -> None:
        FakeConnection.delayed = True
        task = await started(pool, CHECK)
        [old] = FakeConnection.opened
        await pool.reconnect(0)
        assert old.is_open
        assert old.waiting is not None
        old.waiting.set_result(REPLY)
        assert await task == REPLY
        assert not old.is_open

    run(work)


def test_a_request_that_is_not_answered_in_time_fails_and_its_connection_is_not_used_again() -> None:
    async def work(pool: ConnectionPool) -> None:
        pool.timeout_seconds, FakeConnection.delayed = 0.01, True
        for _ in range(2):
            with pytest.raises(ConnectionFailed, match=r"^timeout$"):
                await pool.exchange(CHECK)
        FakeConnection.delayed = False
        assert await pool.exchange(CHECK) == REPLY
        assert [connection.is_open for connection in FakeConnection.opened] == [False, False, True]

    run(work)


def test_a_connection_that_is_not_opened_in_time_fails_its_request(monkeypatch: pytest.MonkeyPatch) -> None:
    async def open_never(*_: object) -> FakeConnection:
        await asyncio.Event().wait()
        raise AssertionError

    async def work(pool: ConnectionPool) -> None:
        monkeypatch.setattr(FakeConnection, "open", open_never)
        pool.timeout_seconds = 0.01
        with pytest.raises(ConnectionFailed, match=r"^timeout$"):
            await pool.exchange(CHECK)

    run(work)


def test_a_connection_that_is_cut_is_no_timeout() -> None:
    async def work(pool: ConnectionPool) -> None:
        FakeConnection.delayed = True
        task = await started(pool, CHECK)
        FakeConnection.opened[-1].close()
        with pytest.raises(ConnectionFailed, match=r"^connection cut$"):
            await task

    run(work)


@pytest.mark.parametrize(
    ("files", "connections"), [(1024, 924), (20_000, 10_000), (resource.RLIM_INFINITY, 10_000)]
)
def test_connections_are_limited_by_the_systems_limit_of_open_files(
    monkeypatch: pytest.MonkeyPatch, files: int, connections: int
) -> None:
    limits: list[tuple[int, int]] = []
    monkeypatch.setattr(resource, "getrlimit", lambda _: (256, files))
    monkeypatch.setattr(resource, "setrlimit", lambda _, limit: limits.append(limit))
    assert max_connections() == connections
    assert limits == [(files, files)]


@pytest.mark.parametrize(
    ("url", "of_many_sites", "sources"),
    [
        ("http://127.0.0.1:1", True, ["127.1.0.1", "127.1.0.2", "127.1.0.3"]),
        ("http://127.0.0.1:1", False, [None] * 3),
        ("http://localhost:1", True, [None] * 3),
    ],
)
def test_connections_of_many_sites_come_from_an_address_each(
    url: str, of_many_sites: bool, sources: list[str | None]
) -> None:
    async def work() -> None:
        pool = ConnectionPool(url, max_connections=9, timeout_seconds=10, of_many_sites=of_many_sites)
        async with pool:
            await pool.exchange(CHECK)
            await pool.reconnect(2)

    asyncio.run(work())
    assert FakeConnection.sources == sources


def test_the_addresses_of_sites_are_this_machine_s_and_differ() -> None:
    addresses = list(islice(loopback_addresses(), 140_000))
    assert len(set(addresses)) == 140_000
    assert all(ip_address(address).is_loopback for address in addresses[::997])
