"""The fund's own processes, attacked over the network by somebody without a token."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from urllib.parse import urlsplit

import pytest

from eligibility_api.processes.process import max_open_files
from tests.builders.stack import PopulatedStack

CONNECTIONS = 2_000
HEAD = b"POST /v1/presence/challenges HTTP/1.1\r\nHost: fund\r\n"
ATTACKS = {
    "a byte of a body": HEAD + b"Content-Length: 100\r\n\r\n{",
    "a byte of a large body": b"POST /v1/uploads HTTP/1.1\r\nHost: fund\r\nContent-Length: 900000\r\n\r\n{",
    "a chunk of a body": HEAD + b"Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n",
    "a part of the headers": HEAD,
    "nothing": b"",
}


@pytest.fixture
def address(stack: PopulatedStack) -> tuple[str, int]:
    url = urlsplit(stack.wiring["TERMINAL_FUND_URL"])
    return str(url.hostname), int(url.port or 80)


@pytest.fixture
def connections() -> Iterator[ExitStack]:
    assert max_open_files() > CONNECTIONS + 200
    with ExitStack() as opened:
        yield opened


@pytest.mark.parametrize("name", ATTACKS)
def test_many_connections_that_send_only(
    name: str, stack: PopulatedStack, address: tuple[str, int], connections: ExitStack
) -> None:
    for _ in range(CONNECTIONS):
        connections.enter_context(socket.create_connection(address)).sendall(ATTACKS[name])

    with stack.terminal() as terminal:
        began = time.monotonic()
        for _ in range(10):
            terminal.tap()
    assert time.monotonic() - began < 10  # nobody waits for the end of the attack


@pytest.mark.parametrize(
    ("begin", "part", "status"),
    [
        (b"GET / HTTP/1.1\r\nx: ", b"y" * 65_536, b"431"),
        (b"GET / HTTP/1.1\r\n", b"x: y\r\n" * 10_000, b"431"),
        (b"GET /", b"y" * 65_536, b"414"),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"10000\r\n" + b"y" * 65_536 + b"\r\n", b"413"),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n1;", b"y" * 65_536, b"413"),
    ],
    ids=["a header", "headers", "a URL", "a chunked body", "a chunk's extension"],
)
def test_sixty_megabytes_are_not_read(
    address: tuple[str, int], begin: bytes, part: bytes, status: bytes
) -> None:
    with socket.create_connection(address, timeout=30) as connection:
        sent = 0
        try:
            connection.sendall(begin)
            while sent < 60_000_000:
                connection.sendall(part)
                sent += len(part)
        except OSError:
            pass  # the server has closed the connection
        assert sent < 60_000_000
        assert connection.recv(12)[9:12] == status
