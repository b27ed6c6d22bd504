"""One attempt against targets over real sockets: whatever a target does, the attempt ends and reads no more than it must."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from ipaddress import ip_address

import httpx2
import pytest

from eligibility_api.domain.webhooks import IPAddress
from eligibility_api.webhooks.connection import Attempt, Connector, make_connector

pytestmark = pytest.mark.anyio

LOOPBACK = {"loopback": False}
Behaviour = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def target(behaviour: Behaviour) -> AsyncIterator[str]:
    """A server of this machine that behaves so, once the request has come; its URL."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            await behaviour(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}/events?a=b"
    finally:
        server.close()


@asynccontextmanager
async def connector(*addresses: str, seconds: float = 10.0) -> AsyncIterator[Connector]:
    """A connector for whose resolver every name has these addresses; without any, the one in the URL."""

    async def resolve(host: str, _: int) -> Sequence[IPAddress]:
        return [ip_address(address) for address in addresses or [host]]

    async with httpx2.AsyncClient(trust_env=False) as http:
        yield Connector(http, resolve, seconds=seconds)


async def attempt(behaviour: Behaviour, seconds: float = 10.0) -> Attempt:
    async with target(behaviour) as url, connector(seconds=seconds) as sending:
        return await sending.send(url, LOOPBACK, {"webhook-id": "a"}, b"{}")


def answers(head: bytes) -> Behaviour:
    async def behave(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        await writer.drain()

    return behave


async def _endless(part: bytes, writer: asyncio.StreamWriter) -> None:
    while True:
        writer.write(part)
        await writer.drain()


async def endless_body(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n")
    await _endless(b"x" * 65_536, writer)


async def endless_chunks(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 204 No Content\r\ntransfer-encoding: chunked\r\n\r\n")
    await _endless(b"1\r\nx\r\n" * 1_000, writer)


async def endless_header(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nx: ")
    await _endless(b"x" * 65_536, writer)


async def endless_headers(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\n")
    await _endless(b"x: y\r\n" * 1_000, writer)


async def endless_interim_answers(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await _endless(b"HTTP/1.1 103 Early Hints\r\n\r\n" * 100, writer)


async def silent(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    await reader.read()  # until the connector gives up


async def slow_headers(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\n")
    await silent(reader, writer)


async def aborts(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()


@pytest.mark.parametrize(
    ("behaviour", "result"),
    [
        (answers(b"HTTP/1.1 204 No Content\r\n\r\n"), Attempt(204, "status-204")),
        (answers(b"HTTP/1.1 500 Broken\r\ncontent-length: 0\r\n\r\n"), Attempt(500, "status-500")),
        (endless_body, Attempt(200, "status-200")),
        (endless_chunks, Attempt(204, "status-204")),
        (endless_header, Attempt(None, "no-answer")),
        (endless_headers, Attempt(None, "no-answer")),
        (answers(b"SSH-2.0-OpenSSH\r\n\r\n"), Attempt(None, "no-answer")),
        (answers(b"\x15\x03\x01\x00\x02\x02\x46" + b"\0" * 100), Attempt(None, "no-answer")),
        (answers(b""), Attempt(None, "no-answer")),
        (aborts, Attempt(None, "no-answer")),
    ],
    ids=[
        "accepts", "fails", "endless body", "endless chunks", "endless header", "endless headers", "another protocol", "TLS",
        "closes", "aborts",
    ],
)  # fmt: skip
async def test_an_attempt_ends_with_what_the_target_answers(behaviour: Behaviour, result: Attempt) -> None:
    assert await attempt(behaviour) == result


@pytest.mark.parametrize(
    "behaviour",
    [silent, slow_headers, endless_interim_answers],
    ids=["silent", "slow headers", "interim answers"],
)
async def test_an_attempt_ends_after_its_time(behaviour: Behaviour) -> None:
    assert await attempt(behaviour, seconds=0.2) == Attempt(None, "timeout")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_not_followed(status: int) -> None:
    followed = asyncio.Event()

    async def elsewhere(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        followed.set()

    async with target(elsewhere) as other:
        head = f"HTTP/1.1 {status} Moved\r\nlocation: {other}\r\ncontent-length: 0\r\n\r\n".encode()
        assert await attempt(answers(head)) == Attempt(status, f"status-{status}")
    assert not followed.is_set()


async def test_the_message_arrives_with_its_headers_and_nothing_of_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    received: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        received.append(await reader.readuntil(b"\r\n\r\n"))
        received.append(await reader.readexactly(9))
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        url = f"http://localhost:{port}/events?a=b"
        attempted = await make_connector().send(url, LOOPBACK, {"webhook-id": "a"}, b'{"a":"b"}')
    assert attempted == Attempt(200, "status-200")
    head = received[0].decode().lower()
    assert head.startswith("post /events?a=b http/1.1\r\n")
    assert f"\r\nhost: localhost:{port}\r\n" in head
    assert "\r\nwebhook-id: a\r\n" in head
    assert "cookie" not in head
    assert received[1] == b'{"a":"b"}'
