"""Formatting of requests, parsing of answers in any segmentation; no socket is opened."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from loadtest.http_client.connection import Connection, ConnectionFailed, Reply, request, with_body

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
