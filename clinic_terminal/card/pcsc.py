"""Readers over PC/SC, real and virtual: listing them, waiting for a card, and connecting to it exclusively.

Exclusive access and powering down are security rules: with a shared connection, or a card left powered,
another program on this machine could sign after the patient has entered the PIN.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from time import monotonic
from typing import Any, Self

from clinic_terminal.card.errors import CardError

_SLICE_SECONDS = 0.5
"""The longest single wait inside PC/SC, which blocks this program: Ctrl-C takes effect within it."""


@dataclass(frozen=True, slots=True)
class Reader:
    """A reader, and whether a card is in it."""

    name: str
    has_card: bool


class PcscConnection:
    """A card in a reader, held exclusively until `close`."""

    def __init__(
        self, scard: Any, card: int, protocol: int, reader_name: str, release: Callable[[], None]
    ) -> None:
        self._scard = scard
        self._card: int | None = card
        self._header = scard.SCARD_PCI_T0 if protocol == scard.SCARD_PROTOCOL_T0 else scard.SCARD_PCI_T1
        self._release = release
        self.reader_name = reader_name

    def transmit(self, apdu: bytes, /) -> bytes:
        """Exchange one command.

        Raises ConnectionResetError when closed, CardError when it fails: `card-removed`, unless the reader or
        the service was lost.
        """
        if self._card is None:
            raise ConnectionResetError("closed")
        result, response = self._scard.SCardTransmit(self._card, self._header, list(apdu))
        # A driver that loses the card during a command may report success and no bytes.
        if result != self._scard.SCARD_S_SUCCESS or not response:
            raise _error(self._scard, result, otherwise="card-removed")
        return bytes(value & 0xFF for value in response)

    def close(self) -> None:
        """Power the card down and release PC/SC. A card that was already removed is no error."""
        card, self._card = self._card, None
        if card is not None:
            self._scard.SCardDisconnect(card, self._scard.SCARD_UNPOWER_CARD)
            self._release()


class Pcsc:
    """This machine's PC/SC service, as a context manager. `scard` is pyscard's low-level module, or a test's.

    Every method raises CardError: `reader-service-missing`, `reader-missing`, or what its docstring adds.
    """

    def __init__(self, scard: Any = None) -> None:
        self._scard = scard or _load_scard()
        result, self._context = self._scard.SCardEstablishContext(self._scard.SCARD_SCOPE_USER)
        self._check(result)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    def release(self) -> None:
        """Release the service; a second call does nothing."""
        context, self._context = self._context, None
        if context is not None:
            self._scard.SCardReleaseContext(context)

    def readers(self) -> list[Reader]:
        """Every reader with its current state; empty where there is none."""
        names = self._names()
        return [self._reader(row) for row in self._changes(self._unaware(names), 0)] if names else []

    def wait_for_card(self, reader: str | None, seconds: float) -> str:
        """The name of `reader`, or of the only reader with a card, as soon as it has a card.

        Raises `card-missing` after `seconds`, `card-several` when cards are in several readers.
        """
        names = [name for name in self._names() if reader in (None, name)]
        if not names:
            raise CardError("reader-missing")
        deadline = monotonic() + seconds
        rows = self._changes(self._unaware(names), 0)
        while not (occupied := [found.name for row in rows if (found := self._reader(row)).has_card]):
            remaining = deadline - monotonic()
            if remaining <= 0:
                raise CardError("card-missing")
            rows = self._changes([row[:2] for row in rows], min(remaining, _SLICE_SECONDS))
        if len(occupied) > 1:
            raise CardError("card-several")
        return occupied[0]

    def connect(self, reader: str) -> PcscConnection:
        """Power the card in `reader` and connect to it exclusively; closing it releases this service too.

        Raises `card-in-use` when another program holds it, `card-removed` when it was just removed.
        """
        scard = self._scard
        protocols = scard.SCARD_PROTOCOL_T0 | scard.SCARD_PROTOCOL_T1
        result, card, protocol = scard.SCardConnect(
            self._context, reader, scard.SCARD_SHARE_EXCLUSIVE, protocols
        )
        self._check(result)
        return PcscConnection(scard, card, protocol, reader, self.release)

    def _names(self) -> list[str]:
        result, names = self._scard.SCardListReaders(self._context, [])
        if result == self._scard.SCARD_E_NO_READERS_AVAILABLE:
            return []
        self._check(result)
        return list(names)

    def _unaware(self, names: list[str]) -> list[tuple[str, int]]:
        return [(name, self._scard.SCARD_STATE_UNAWARE) for name in names]

    def _changes(self, known: list[tuple[str, int]], seconds: float) -> list[tuple[str, int, Any]]:
        """The states after a change, or after `seconds`."""
        result, rows = self._scard.SCardGetStatusChange(self._context, int(seconds * 1000), known)
        if result == self._scard.SCARD_E_TIMEOUT:
            return [(name, state, None) for name, state in known]
        self._check(result)
        return list(rows)

    def _reader(self, row: tuple[str, int, Any]) -> Reader:
        name, state, _ = row
        if state & (self._scard.SCARD_STATE_UNKNOWN | self._scard.SCARD_STATE_UNAVAILABLE):
            raise CardError("reader-missing")
        return Reader(name, bool(state & self._scard.SCARD_STATE_PRESENT))

    def _check(self, result: int) -> None:
        if result != self._scard.SCARD_S_SUCCESS:
            raise _error(self._scard, result, otherwise="card-unexpected")


def _error(scard: Any, result: int, *, otherwise: str) -> CardError:
    """The error of a failed PC/SC call; `otherwise` is the code of every result that is not listed."""
    codes = {
        scard.SCARD_F_COMM_ERROR: "reader-service-missing",
        scard.SCARD_E_NO_SERVICE: "reader-service-missing",
        scard.SCARD_E_SERVICE_STOPPED: "reader-service-missing",
        scard.SCARD_E_NO_READERS_AVAILABLE: "reader-missing",
        scard.SCARD_E_UNKNOWN_READER: "reader-missing",
        scard.SCARD_E_READER_UNAVAILABLE: "reader-missing",
        scard.SCARD_E_SHARING_VIOLATION: "card-in-use",
        scard.SCARD_E_NO_SMARTCARD: "card-removed",
        scard.SCARD_W_REMOVED_CARD: "card-removed",
    }
    return CardError(codes.get(result, otherwise), pcsc=result)


def list_readers() -> list[Reader]:
    """Every reader of this machine. Raises CardError `reader-service-missing`, or `reader-missing`: none."""
    with Pcsc() as service:
        readers = service.readers()
    if not readers:
        raise CardError("reader-missing")
    return readers


def open_reader_card(reader: str | None, wait_seconds: float) -> PcscConnection:
    """Wait for a card in `reader`, or in the only reader that has one, and power it. Raises CardError."""
    service = Pcsc()
    try:
        return service.connect(service.wait_for_card(reader, wait_seconds))
    except BaseException:
        service.release()
        raise


def _load_scard() -> Any:
    try:
        return import_module("smartcard.scard")
    except ImportError as error:
        raise CardError("reader-service-missing") from error
