"""A card file in a virtual PC/SC reader: the client side of vsmartcard's vpcd driver.

The driver listens (its server mode), we connect. To connect is to insert the card, to close is to pull it.
The driver's port has no authentication, so it belongs into a network namespace, never on an open machine.
"""

import signal
import socket
import struct
import threading
from contextlib import suppress
from pathlib import Path
from typing import Self

from jpki_mock.card.card import Card, CardGone
from jpki_mock.card.card_file import CardFile

DEFAULT_PORT = 0x8C7B
"""Of the first slot of the first reader; each further slot has the next one."""

_CLOSE_BY_RESET = struct.pack("ii", 1, 0)
"""SO_LINGER of no time: after an orderly end the driver would take the next command for answered."""
_BROKEN_ANSWER = (2).to_bytes(2)
"""A length and nothing after it. The driver fails a command so begun, as a reader does when its card is pulled; at a
bare hang-up it would report success with an empty response."""
_ENDING = (signal.SIGINT, signal.SIGTERM)
_SLICE_SECONDS = 0.2
"""The longest single wait of a main thread: a signal that comes just before it is noticed after it."""
_POWER_OFF, _POWER_ON, _RESET, _ANSWER_TO_RESET = 0x00, 0x01, 0x02, 0x04


def respond(card: Card, message: bytes) -> bytes | None:
    """Give the card one message of the driver; return what to send back, None for nothing.

    One byte is an order to the reader, anything longer a command APDU. The driver asks for the ATR also to see
    whether the card is still there.

    Raises:
        CardGone: the card leaves at this message.
    """
    if len(message) > 1:
        return card.transmit(message)
    if message[0] == _ANSWER_TO_RESET:
        return card.atr
    if message[0] == _POWER_OFF:
        card.power_off()
    elif message[0] == _POWER_ON:
        card.power_on()
    elif message[0] == _RESET:
        card.reset()
    return None


class InsertedCard:
    """A card in a slot of the virtual reader, played by a thread of its own until `remove` or until it is pulled.

    Raises:
        BlockingIOError: the card is in another reader already.
        FileNotFoundError, ValueError: there is no such card.
        ConnectionRefusedError: no driver listens at `host`:`port`.
    """

    def __init__(self, path: Path, host: str = "127.0.0.1", port: int = DEFAULT_PORT) -> None:
        self._card_file = CardFile(path)
        try:
            self._driver = socket.create_connection((host, port))
        except BaseException:
            self._card_file.release()
            raise
        self._driver.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._driver.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _CLOSE_BY_RESET)
        self._thread = threading.Thread(target=self._play, name=f"card in {host}:{port}", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.remove()

    def remove(self) -> None:
        """Pull the card and wait until it is free for another reader; a second call is harmless."""
        self.pull()
        self.wait()

    def pull(self) -> None:
        """Pull the card without waiting; fit for a signal handler."""
        with suppress(OSError):  # the driver, or a fault of the card, may have closed already
            self._driver.shutdown(socket.SHUT_RD)

    def wait(self) -> None:
        """Wait until the card is out: removed, pulled by a fault, or left by the driver."""
        while self._thread.is_alive():
            self._thread.join(_SLICE_SECONDS)

    def _play(self) -> None:
        with self._card_file as held, self._driver, suppress(ConnectionError):
            while message := _received(self._driver):
                self._answer(held.card, message)

    def _answer(self, card: Card, message: bytes) -> None:
        try:
            answer = respond(card, message)
        except CardGone:
            self._driver.sendall(_BROKEN_ANSWER)
            raise
        if answer is not None:
            self._driver.sendall(len(answer).to_bytes(2) + answer)


def serve_card(path: Path, host: str, port: int) -> None:
    """Keep a card in a slot until SIGINT or SIGTERM, or until it comes out otherwise; for a main thread.

    Raises:
        As `InsertedCard`.
    """
    with InsertedCard(path, host, port) as inserted:
        former = {number: signal.signal(number, lambda *_: inserted.pull()) for number in _ENDING}
        try:
            inserted.wait()
        finally:
            for number, handler in former.items():
                signal.signal(number, handler)


def _received(driver: socket.socket) -> bytes:
    """Return the next message of the driver: two bytes of length, then so many; empty when it has hung up."""
    head = _exactly(driver, 2)
    return _exactly(driver, int.from_bytes(head)) if head else b""


def _exactly(driver: socket.socket, size: int) -> bytes:
    received = b""
    while len(received) < size:
        part = driver.recv(size - len(received))
        # The driver sends length and body apart; a delayed acknowledgement of the first holds the second back
        # 40 ms, and the kernel forgets the wish for quick ones after every receive.
        driver.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
        if not part:
            return b""
        received += part
    return received
