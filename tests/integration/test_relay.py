"""The relay: the same bytes at another address, as of a container, and an end to what it takes."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest

from shikaku import relay
from shikaku.processes import StackError
from shikaku.relay import Relay

OTHER = "127.0.0.2"


@pytest.fixture
def port() -> Iterator[int]:
    """A service on the loopback address that answers what it is sent, in capitals, until its client ends."""
    server = socket.create_server(("127.0.0.1", 0))

    def answer(connection: socket.socket) -> None:
        with connection:
            while content := connection.recv(65536):
                connection.sendall(content.upper())

    def accept() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            threading.Thread(target=answer, args=(connection,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    yield server.getsockname()[1]
    server.shutdown(socket.SHUT_RDWR)
    server.close()


def exchanged(port: int, content: bytes) -> bytes:
    """What comes back, once everything was sent."""
    with socket.create_connection((OTHER, port), timeout=20) as client:

        def send() -> None:
            client.sendall(content)
            client.shutdown(socket.SHUT_WR)

        sender = threading.Thread(target=send)
        sender.start()
        found = b""
        while part := client.recv(65536):
            found += part
        sender.join()
    return found


@pytest.mark.parametrize("content", [b"", b"a", b"request" * 100_000], ids=["none", "one", "many"])
def test_bytes_pass_in_both_directions(port: int, content: bytes) -> None:
    with Relay(OTHER, [port]):
        assert exchanged(port, content) == content.upper()
        assert exchanged(port, content) == content.upper()
    with pytest.raises(OSError, match="refused"):
        socket.create_connection((OTHER, port), timeout=5)


def test_a_connection_too_many_is_closed(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay, "MAX_CONNECTIONS", 1)
    with Relay(OTHER, [port]), socket.create_connection((OTHER, port), timeout=20) as held:
        held.sendall(b"a")
        assert held.recv(1) == b"A"
        assert exchanged(port, b"") == b""
        with socket.create_connection((OTHER, port), timeout=20) as further:
            assert further.recv(1) == b""


def test_a_service_that_does_not_listen_ends_the_connection() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with Relay(OTHER, [port]):
        assert exchanged(port, b"") == b""


def test_an_address_of_another_machine_is_refused() -> None:
    with pytest.raises(StackError, match=r"--listen 192\.0\.2\.1"):
        Relay("192.0.2.1", [0]).__enter__()
