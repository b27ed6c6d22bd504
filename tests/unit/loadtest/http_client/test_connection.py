"""Formatting of requests, parsing of answers in any segmentation."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadtest.http_client.connection import Connection, ConnectionFailed, Reply, request, with_body
from tests.depth import max_examples

ANSWER = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nContent-Length: 7\r\n\r\n" + b'{"a":1}'


class FakeTransport(asyncio.Transport):
    """Records what is written, and responds with a callback of the test."""

    def __init__(self, connection: Connection, answer: Callable[[Connection], None]) -> None:
        super().__init__()
        self.written: list[bytes] = []
        self.aborted = False
        self._connection, self._answer = connection, answer

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written.append(bytes(data))
        self._answer(self._connection)

    def is_closing(self) -> bool:
        return self.aborted

    def abort(self) -> None:
        self.aborted = True
        self._connection.connection_lost(None)


def connected(answer: Callable[[Connection], None]) -> tuple[Connection, FakeTransport]:
    connection = Connection()
    transport = FakeTransport(connection, answer)
    connection.connection_made(transport)
    return connection, transport


def test_a_request_has_its_token_and_content_length() -> None:
    head = request("POST", "/v1/x", host="127.0.0.1", token="t")
    assert with_body(head, b'{"a":', b"1}") == (
        b"POST /v1/x HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer t\r\n"
        b'Content-Type: application/json\r\nContent-Length: 7\r\n\r\n{"a":1}'
    )


@pytest.mark.parametrize("size", [1, 7, 40, len(ANSWER)])
def test_an_answer_is_parsed_in_any_segmentation(size: int) -> None:
    def answer(connection: Connection) -> None:
        for place in range(0, len(ANSWER), size):
            connection.data_received(ANSWER[place : place + size])

    async def exchange() -> list[Reply]:
        connection, _ = connected(answer)
        return [await connection.exchange(b"1"), await connection.exchange(b"2")]

    assert asyncio.run(exchange()) == [Reply(200, b'{"a":1}', len(ANSWER))] * 2


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (lambda connection: connection.connection_lost(None), "connection cut"),
        (lambda connection: connection.data_received(b"HTTP/1.1 200 OK\r\n\r\n"), "without Content-Length"),
    ],
)
def test_a_missing_or_malformed_answer_fails_the_connection(
    answer: Callable[[Connection], None], reason: str
) -> None:
    async def exchange() -> None:
        connection, _ = connected(answer)
        await connection.exchange(b"1")

    with pytest.raises(ConnectionFailed, match=reason):
        asyncio.run(exchange())


def test_a_connection_whose_request_was_cancelled_is_not_reused() -> None:
    async def exchange() -> FakeTransport:
        connection, transport = connected(lambda _: None)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0):
                await connection.exchange(b"1")
        assert not connection.is_open
        with pytest.raises(ConnectionFailed):
            await connection.exchange(b"2")
        return transport

    assert asyncio.run(exchange()).aborted


HEADS = st.dictionaries(
    st.sampled_from(["date", "server", "X-Request-Id", "content-type"]),
    st.text("abc0-", max_size=12),
    max_size=3,
)


@max_examples(60)
@given(
    st.lists(st.tuples(st.integers(100, 599), HEADS, st.binary(max_size=200)), min_size=1, max_size=4),
    st.lists(st.integers(1, 60), min_size=1, max_size=10),
)
def test_answers_are_the_same_however_the_network_cuts_them(
    answers: list[tuple[int, dict[str, str], bytes]], cuts: list[int]
) -> None:
    def as_bytes(status: int, headers: dict[str, str], body: bytes) -> bytes:
        lines = [f"HTTP/1.1 {status} X", *(f"{name}: {value}" for name, value in headers.items())]
        return "\r\n".join([*lines, f"content-length: {len(body)}", "", ""]).encode() + body

    texts = [as_bytes(*one) for one in answers]
    pending = iter(texts)

    def answer(connection: Connection) -> None:
        text, place = next(pending), 0
        for size in itertools.cycle(cuts):
            connection.data_received(text[place : place + size])
            place += size
            if place >= len(text):
                return

    async def exchange() -> list[Reply]:
        connection, _ = connected(answer)
        return [await connection.exchange(b"x") for _ in texts]

    assert asyncio.run(exchange()) == [
        Reply(status, body, len(text)) for (status, _, body), text in zip(answers, texts, strict=True)
    ]


@pytest.mark.parametrize(
    ("options", "head"),
    [
        ({}, b"POST /x HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n"),
        ({"content_type": "text/xml"}, b"POST /x HTTP/1.1\r\nHost: h\r\nContent-Type: text/xml\r\n"),
        (
            {"headers": {"A": "1", "B": "2"}},
            b"POST /x HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nA: 1\r\nB: 2\r\n",
        ),
        (
            {"token": ""},
            b"POST /x HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer \r\nContent-Type: application/json\r\n",
        ),
    ],
)
def test_a_head_is_the_constant_part_of_a_request(options: dict[str, Any], head: bytes) -> None:
    assert request("POST", "/x", host="h", **options) == head


def test_a_get_request_has_no_content_type_and_an_empty_body() -> None:
    assert with_body(request("GET", "/x", host="h", token="t")) == (
        b"GET /x HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer t\r\nContent-Length: 0\r\n\r\n"
    )


@given(st.lists(st.binary(max_size=20), max_size=5))
def test_the_length_of_a_body_in_parts_is_that_of_all(parts: list[bytes]) -> None:
    head, _, body = with_body(b"POST / HTTP/1.1\r\n", *parts).partition(b"\r\n\r\n")
    assert body == b"".join(parts)
    assert head.endswith(b"Content-Length: %d" % len(body))


def test_an_address_where_nobody_listens_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    async def refuse(*_: object, **__: object) -> None:
        raise ConnectionRefusedError

    async def open_one() -> None:
        monkeypatch.setattr(asyncio.get_running_loop(), "create_connection", refuse)
        await Connection.open("127.0.0.1", 1)

    with pytest.raises(ConnectionFailed, match="connection refused"):
        asyncio.run(open_one())


class Accepted(asyncio.Protocol):
    """What a server keeps of a connection: the address from which it comes."""

    def __init__(self, sources: asyncio.Queue[str]) -> None:
        self._sources = sources

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._sources.put_nowait(transport.get_extra_info("peername")[0])


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (None, "127.0.0.1"),
        *((source, source) for source in ("127.1.0.1", "127.1.0.255", "127.1.1.0", "127.65.0.0")),
    ],
)
def test_a_connection_comes_from_the_address_that_it_is_given(source: str | None, expected: str) -> None:
    async def accepted() -> str:
        sources: asyncio.Queue[str] = asyncio.Queue()
        server = await asyncio.get_running_loop().create_server(lambda: Accepted(sources), "127.0.0.1", 0)
        async with server:
            host, port = server.sockets[0].getsockname()
            connection = await Connection.open(host, port, source=source)
            try:
                return await sources.get()
            finally:
                connection.close()

    assert asyncio.run(accepted()) == expected


def test_bytes_that_nobody_waits_for_are_dropped() -> None:
    connection, _ = connected(lambda _: None)
    connection.data_received(ANSWER)
    connection.connection_lost(None)
    assert not connection.is_open


def test_a_connection_that_was_never_made_cannot_be_used_or_closed_twice() -> None:
    connection = Connection()
    connection.close()
    with pytest.raises(ConnectionFailed, match="connection closed"):
        asyncio.run(connection.exchange(b"1"))
