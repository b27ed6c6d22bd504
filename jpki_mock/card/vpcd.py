"""A card file in a virtual PC/SC reader: the client side of vsmartcard's vpcd driver.

The driver listens (its server mode) and this client connects: connecting inserts the card, closing removes
it. The driver's port has no authentication: use it in a network namespace, never on a machine that others can
reach.
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
"""Port of the first slot of the first reader; each further slot has the next port."""

_CLOSE_BY_RESET = struct.pack("ii", 1, 0)
"""SO_LINGER with timeout 0: after an orderly close the driver would take the next command as answered."""
_TRUNCATED_RESPONSE = (2).to_bytes(2)
"""A length without data. The driver then fails the command, as a reader does when its card is removed; on a
plain close it would report success with an empty response.
"""
_STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_POLL_SECONDS = 0.2
"""Interval at which a removed card is noticed."""
_POWER_OFF, _POWER_ON, _RESET, _ANSWER_TO_RESET = 0x00, 0x01, 0x02, 0x04


def respond(card: Card, message: bytes) -> bytes | None:
    """Pass one message of the driver to the card; return the response, None for no response.

    A message of one byte is a reader command, a longer one a command APDU. The driver also requests the ATR
    to check whether the card is present.

    Raises:
        CardGone: the card leaves the reader at this message.
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
    """A card in a slot of the virtual reader.

    It is emulated in a thread until `remove`, or until a fault removes it. `faults` as in `CardFile`.

    Raises:
        BlockingIOError: the card is in another reader already.
        FileNotFoundError, ValueError: the file does not exist or is not a card.
        ConnectionRefusedError: no driver listens at `host`:`port`.
    """

    def __init__(
        self, path: Path, host: str = "127.0.0.1", port: int = DEFAULT_PORT, faults: Faults | None = None
    ) -> None:
        self._card_file = CardFile(path, faults)
        try:
            self._driver = _connect(host, port)
        except BaseException:
            self._card_file.release()
            raise
        self._driver.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._driver.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _CLOSE_BY_RESET)
        self._thread = threading.Thread(target=self._serve, name=f"card in {host}:{port}", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.remove()

    def remove(self) -> None:
        """Remove the card and wait until another reader can use it; a second call does nothing."""
        with suppress(OSError):  # the driver or a fault of the card may have closed the connection
            self._driver.shutdown(socket.SHUT_RD)
        self.wait()

    def wait(self) -> None:
        """Wait until the card is out.

        By `remove`, by a fault, or because the driver closed the connection.
        """
        self._thread.join()

    @property
    def is_out(self) -> bool:
        """Whether the card is out of the reader."""
        return not self._thread.is_alive()

    def _serve(self) -> None:
        with self._card_file as card_file, self._driver, suppress(ConnectionError):
            while message := _receive(self._driver):
                self._respond(card_file.card, message)

    def _respond(self, card: Card, message: bytes) -> None:
        try:
            answer = respond(card, message)
        except CardGone:
            self._driver.sendall(_TRUNCATED_RESPONSE)
            raise
        if answer is not None:
            self._driver.sendall(len(answer).to_bytes(2) + answer)


def serve_card(path: Path, host: str, port: int, faults: Faults | None = None) -> None:
    """Keep a card in a slot until SIGINT or SIGTERM; blocks the calling program.

    Raises:
        As `InsertedCard`.
        CardGone: the card came out before that, by a fault or because the driver closed the connection.
    """
    with _blocked_signals(_STOP_SIGNALS), InsertedCard(path, host, port, faults) as inserted:
        while signal.sigtimedwait(_STOP_SIGNALS, _POLL_SECONDS) is None:
            if inserted.is_out:
                raise CardGone(errno.ECONNRESET, "came out of the reader", str(path))


@contextmanager
def _blocked_signals(signals: Iterable[signal.Signals]) -> Iterator[None]:
    """Block signals until they are waited for.

    An early one then neither interrupts anything nor is lost.
    """
    former = signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, former)


def _connect(host: str, port: int) -> socket.socket:
    try:
        return socket.create_connection((host, port))
    except OSError as error:
        raise ConnectionRefusedError(
            errno.ECONNREFUSED, "no driver of a virtual reader listens there", f"{host}:{port}"
        ) from error


def _receive(driver: socket.socket) -> bytes:
    """Return the next message of the driver: two bytes of length, then the data; empty if it has closed."""
    head = _receive_exactly(driver, 2)
    return _receive_exactly(driver, int.from_bytes(head)) if head else b""


def _receive_exactly(driver: socket.socket, size: int) -> bytes:
    received = b""
    while len(received) < size:
        part = driver.recv(size - len(received))
        # The driver sends length and data separately; a delayed acknowledgement of the first delays the
        # second by
        # 40 ms, and the kernel resets TCP_QUICKACK after every receive.
        driver.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
        if not part:
            return b""
        received += part
    return received
