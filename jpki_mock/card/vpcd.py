"""A card file in a virtual PC/SC reader: the client side of vsmartcard's vpcd driver.

The driver listens (its server mode), we connect. To connect is to insert the card, to close is to pull it.
The driver's port has no authentication, so it belongs into a network namespace, never on an open machine.
"""

import errno
import signal
import socket
import struct
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Self

from jpki_mock.card.card import Card, CardGone
from jpki_mock.card.card_file import CardFile
from jpki_mock.card.image import Faults

DEFAULT_PORT = 0x8C7B
"""Of the first slot of the first reader; each further slot has the next one."""

_CLOSE_BY_RESET = struct.pack("ii", 1, 0)
"""SO_LINGER of no time: after an orderly end the driver would take the next command for answered."""
_BROKEN_ANSWER = (2).to_bytes(2)
"""A length and nothing after it. The driver fails a command so begun, as a reader does when its card is pulled; at a
bare hang-up it would report success with an empty response."""
_ENDING = (signal.SIGINT, signal.SIGTERM)
_SLICE_SECONDS = 0.2
"""How long a card that came out by itself may go unnoticed."""
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

    `faults` as in `CardFile`.

    Raises:
        BlockingIOError: the card is in another reader already.
        FileNotFoundError, ValueError: there is no such card.
        ConnectionRefusedError: no driver listens at `host`:`port`.
    """

    def __init__(
        self, path: Path, host: str = "127.0.0.1", port: int = DEFAULT_PORT, faults: Faults | None = None
    ) -> None:
        self._card_file = CardFile(path, faults)
        try:
            self._driver = _connected(host, port)
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
        with suppress(OSError):  # the driver, or a fault of the card, may have closed already
            self._driver.shutdown(socket.SHUT_RD)
        self.wait()

    def wait(self) -> None:
        """Wait until the card is out: removed, pulled by a fault, or left by the driver."""
        self._thread.join()

    @property
    def is_out(self) -> bool:
        """Whether the card is out, for whatever reason."""
        return not self._thread.is_alive()

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


def serve_card(path: Path, host: str, port: int, faults: Faults | None = None) -> None:
    """Keep a card in a slot until SIGINT or SIGTERM; for a program that does nothing else.

    Raises:
        As `InsertedCard`.
        CardGone: the card came out before: pulled by a fault, or left by the driver.
    """
    with _kept_waiting(_ENDING), InsertedCard(path, host, port, faults) as inserted:
        while signal.sigtimedwait(_ENDING, _SLICE_SECONDS) is None:
            if inserted.is_out:
                raise CardGone(errno.ECONNRESET, "came out of the reader", str(path))


@contextmanager
def _kept_waiting(signals: Iterable[signal.Signals]) -> Iterator[None]:
    """Let signals wait to be asked for: however early one comes, it interrupts nothing and is not lost."""
    former = signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, former)


def _connected(host: str, port: int) -> socket.socket:
    try:
        return socket.create_connection((host, port))
    except OSError as error:
        raise ConnectionRefusedError(
            errno.ECONNREFUSED, "no driver of a virtual reader listens there", f"{host}:{port}"
        ) from error


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
