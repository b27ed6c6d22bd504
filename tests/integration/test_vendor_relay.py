"""The relay: passes bytes on, hangs, passes on again, and leaves nothing open."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from loadtest.faults.relay import Relay
from loadtest.http_client.connection import ConnectionFailed, request, with_body
from loadtest.http_client.pool import ConnectionPool

ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"


@asynccontextmanager
async def fund() -> AsyncIterator[tuple[str, list[bytes]]]:
    """A server that answers each request; its address, and what it received."""
    received: list[bytes] = []

    async def accepted(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(1000):
            received.append(data)
            writer.write(ANSWER)
        writer.close()

    server = await asyncio.start_server(accepted, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", received


def pool(relay: Relay, seconds: float = 30) -> ConnectionPool:
    return ConnectionPool(relay.url, max_connections=5, timeout_seconds=seconds)


DATA = with_body(request("GET", "/", host="127.0.0.1"))


def test_requests_and_answers_pass_unchanged() -> None:
    async def run() -> list[bytes]:
        async with fund() as (url, received), Relay(url) as relay, pool(relay) as client:
            assert (await client.exchange(DATA)).body == b"ok"
            assert (await client.exchange(DATA)).body == b"ok"
        return received

    assert asyncio.run(run()) == [DATA, DATA]


@pytest.mark.parametrize("connected", [True, False], ids=["on an open connection", "on a new one"])
def test_while_it_hangs_nothing_arrives_and_afterwards_everything(connected: bool) -> None:
    async def run() -> None:
        async with fund() as (url, received), Relay(url) as relay, pool(relay) as client:
            if connected:
                await client.exchange(DATA)
            before = len(received)
            relay.hang()
            waiting = asyncio.create_task(client.exchange(DATA))
            async with pool(relay, 0.05) as impatient:
                with pytest.raises(ConnectionFailed, match="timeout"):
                    await impatient.exchange(DATA)
            assert (len(received), waiting.done()) == (before, False)
            relay.resume()
            assert (await waiting).body == b"ok"

    asyncio.run(run())


def test_a_fund_that_cannot_be_reached_ends_the_connection() -> None:
    async def run() -> None:
        async with fund() as (url, _):
            pass
        async with Relay(url) as relay, pool(relay) as client:
            with pytest.raises(ConnectionFailed):
                await client.exchange(DATA)

    asyncio.run(run())


def test_its_end_closes_every_connection() -> None:
    async def run() -> int:
        async with fund() as (url, _):
            async with Relay(url) as relay:
                reader, writer = await asyncio.open_connection("127.0.0.1", int(relay.url.rpartition(":")[2]))
                writer.write(DATA)
                await reader.readexactly(len(ANSWER))
                relay.hang()
            left = await reader.read()
            writer.close()
            return len(left)

    assert asyncio.run(run()) == 0
