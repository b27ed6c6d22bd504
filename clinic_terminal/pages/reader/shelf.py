"""The shelf of a sandbox: test persons' cards as files, which its console places on a reader of their own."""

from __future__ import annotations

import threading
from pathlib import Path

from clinic_terminal.card.channel import CardConnection
from clinic_terminal.card.errors import CardError
from clinic_terminal.card.file_card import open_card_file
from clinic_terminal.card.pcsc import Reader

READER_NAME = "試験用"
MAX_CARDS = 300


class Shelf:
    """The card files of a folder whose names begin with P, as test persons' do; one of them is in the reader."""

    def __init__(self, folder: Path) -> None:
        self._files = {file.stem: file for file in sorted(folder.glob("P*.json"))[:MAX_CARDS]}
        self._lock = threading.Lock()
        self._placed: str | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The cards' names."""
        return tuple(self._files)

    @property
    def placed(self) -> str | None:
        """The card that is in the reader."""
        with self._lock:
            return self._placed

    def place(self, name: str | None) -> None:
        """Place a card, or take it out with None; an unknown name is no card."""
        with self._lock:
            self._placed = name if name in self._files else None

    def list_readers(self) -> list[Reader]:
        """The reader of the shelf."""
        return [Reader(READER_NAME, self.placed is not None)]

    def open_card(self, _reader: str | None, _wait_seconds: float) -> CardConnection:
        """The card that is in the reader. Raises CardError."""
        name = self.placed
        if name is None:
            raise CardError("card-missing")
        return _Placed(self, name, open_card_file(self._files[name]))


class _Placed:
    """A card's connection, lost when the card is taken from the shelf's reader."""

    def __init__(self, shelf: Shelf, name: str, card: CardConnection) -> None:
        self._shelf, self._name, self._card = shelf, name, card
        self.reader_name = READER_NAME

    def transmit(self, apdu: bytes, /) -> bytes:
        """Raises ConnectionResetError after the card was taken."""
        if self._shelf.placed != self._name:
            raise ConnectionResetError("the card was taken")
        return self._card.transmit(apdu)

    def close(self) -> None:
        """Close the card's connection."""
        self._card.close()
