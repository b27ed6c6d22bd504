"""What keeps to the limits of the server is served, and a refusal is a proper response."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from eligibility_api.web.server.limits import MAX_PIPELINED
from tests.builders.real_server import chunked, real_server, request

pytestmark = pytest.mark.anyio

SHORT = 0.2
HEADERS = [f"x-{n}: {'y' * 90}" for n in range(9)]
KIB = b"x" * 1024


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (request("GET", "/" + "a" * 255), 200),
        (request("POST", "/x", b"y" * 1_000), 200),
        (chunked("/x", b"y" * 500, b"y" * 500) + b"0\r\n\r\n", 200),
        (chunked("/x", b"y" * 500) + b"0\r\nx-trailer: ignored\r\n\r\n", 200),
        (chunked("/large", *[KIB * 100] * 9, token="one") + b"0\r\n\r\n", 200),
        (request("POST", "/large", KIB * 900, "two"), 200),
        (request("POST", "/large", b"y" * 1_000), 200),
        (request("GET", "/x", b"", None, None, *HEADERS), 200),
        (request("GET", "/x", b"", None, None, "Connection: Upgrade", "Upgrade: websocket"), 200),
        (request("GET", "/x", b"", None, None, "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c"), 200),
        (b"GET /x HTTP/1.0\r\n\r\n", 200),
    ],
)
async def test_what_keeps_to_the_limits_is_served(data: bytes, status: int) -> None:
    async with real_server() as server:
        assert (await server.ask(data)).status == status


H2C = ("Connection: Upgrade, HTTP2-Settings", "HTTP2-Settings: AAEAAEAA", "Upgrade: h2c")
"""What Java's client sends with a request to an http address."""


@pytest.mark.parametrize("parts", [1, 2, 400])
@pytest.mark.parametrize(
    "data",
    [
        request("POST", "/x", b"abc", None, None, *H2C),
        request("POST", "/x", b"abc", None, None, "Connection: Upgrade", "Upgrade: websocket"),
        request("POST", "/x", b"", None, None, *H2C, "Transfer-Encoding: chunked")
        + b"1\r\na\r\n2\r\nbc\r\n0\r\n\r\n",
    ],
    ids=["length", "websocket", "chunks"],
)
async def test_a_request_that_asks_for_another_protocol_keeps_its_body_and_connection(
    data: bytes, parts: int
) -> None:
    size = -(-len(data) // parts)
    async with real_server() as server:
        client = await server.connect()
        for _ in range(2):
            for begin in range(0, len(data), size):
                await client.send(data[begin : begin + size])
            answer = await client.answer()
            assert (answer.status, b'"size": 3' in answer.body) == (200, True)
            assert answer.headers.keys().isdisjoint({"upgrade", "connection"})


async def test_a_request_that_asks_for_another_protocol_is_limited_as_others_are() -> None:
    """By its body and URL, and in the number of those that wait on a connection."""
    async with real_server() as server:
        for path, body, status in (("/x", b"y" * 1_001, 413), ("/" + "a" * 257, b"", 414)):
            assert (await server.ask(request("POST", path, body, None, None, *H2C))).status == status
        asking = request("POST", "/x", b"abc", None, None, *H2C)
        client = await server.send(request("GET", "/wait") + asking * 40)
        await server.until(lambda: server.app.started)
        server.app.go_on.set()
        statuses = [(await client.answer()).status for _ in range(1 + MAX_PIPELINED)]
        assert statuses == [200] * (1 + MAX_PIPELINED)
        assert await client.ends()


async def test_a_tunnel_is_no_request_that_is_read_again() -> None:
    async with real_server() as server:
        client = await server.send(request("CONNECT", "fund.test:443", b"", None, None, *H2C) + b"abc")
        assert (await client.answer()).status == 400
        assert await client.ends()


async def test_a_request_that_expects_a_100_gets_it_before_its_body() -> None:
    async with real_server() as server:
        client = await server.send(request("POST", "/x", b"", None, 3, "Expect: 100-continue"))
        assert (await client.answer()).status == 100
        await client.send(b"abc")
        assert b'"size": 3' in (await client.answer()).body


async def test_a_body_that_arrives_in_time_takes_as_long_as_its_size_allows() -> None:
    async with real_server(body_seconds=SHORT, min_body_bytes_per_second=500) as server:
        client = await server.send(request("POST", "/x", b"", None, 1_000))
        for _ in range(10):  # longer than one period
            await client.send(b"y" * 100)
            await asyncio.sleep(SHORT / 3)
        assert (await client.answer()).status == 200


async def test_a_refusal_of_a_later_request_comes_after_the_responses_to_the_earlier_ones() -> None:
    async with real_server() as server:
        client = await server.send(request("GET", "/wait") + request("GET", "/next") + b"EHLO\r\n\r\n")
        await server.until(lambda: server.app.started)
        server.app.go_on.set()
        assert [(await client.answer()).status for _ in range(3)] == [200, 200, 400]


async def test_trailers_are_no_headers() -> None:
    """Otherwise a proxy's check of headers could be passed by."""
    names: list[bytes] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        names.extend(name for name, _ in scope["headers"])
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body"})

    async with real_server(app) as server:
        data = chunked("/x", b"y") + b"0\r\nAuthorization: Bearer one\r\n\r\n"
        assert (await server.ask(data)).status == 204
    assert names == [b"host", b"transfer-encoding"]


async def test_the_application_learns_that_an_upload_was_refused() -> None:
    async with real_server(body_seconds=SHORT) as server:
        answer = await server.ask(request("POST", "/large", b"y", "one", 100_000))
        assert answer.status == 408
        await server.until(lambda: server.app.disconnected == 1)


@pytest.mark.parametrize("path", ["/x", "/nothing"])
async def test_head_is_answered_like_get_without_a_body(path: str) -> None:
    async with real_server() as server:
        get = await server.ask(request("GET", path))
        client = await server.send(request("HEAD", path) + request("GET", path))
        head = await client.answer(has_body=False)
        assert (head.status, head.headers["content-length"]) == (get.status, str(len(get.body)))
        assert (await client.answer()).body == get.body


async def test_who_has_no_token_is_not_read_for_a_while_after_a_refusal() -> None:
    async with real_server() as server:
        client = await server.connect()
        began = asyncio.get_running_loop().time()
        for _ in range(2):
            assert (await (await client.send(request("GET", "/v1/x"))).answer()).status == 401
        assert asyncio.get_running_loop().time() - began > 0.5
        assert (await server.ask(request("GET", "/v1/x", token="one"))).status == 200


async def test_a_refused_head_has_no_body() -> None:
    async with real_server() as server:
        client = await server.send(request("HEAD", "/x", b"", None, 9_999))
        answer = await client.answer(has_body=False)
        assert (answer.status, answer.headers["content-length"] != "0") == (413, True)
        assert await client.ends()
