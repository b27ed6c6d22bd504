"""Emulates a card file in the terminal's own process, without a reader: the terminal's emulator entry point.

The connection implements the terminal's protocol; neither side imports the other.
"""

from pathlib import Path

from jpki_mock.card.card import CardGone
from jpki_mock.card.card_file import CardFile


class CardFileConnection:
    """A powered card, locked until `close`."""

    def __init__(self, card_file: CardFile, reader_name: str) -> None:
        self._card_file: CardFile | None = card_file
        self.reader_name = reader_name
        self.atr = card_file.card.power_on()

    def transmit(self, apdu: bytes, /) -> bytes:
        """Send one command APDU; return response data followed by SW1 SW2.

        Raises:
            ConnectionResetError: the card has left the reader, or the connection is closed.
        """
        if self._card_file is None:
            raise CardGone
        return self._card_file.card.transmit(apdu)

    def close(self) -> None:
        """Power off and unlock the card; a second call does nothing."""
        card_file, self._card_file = self._card_file, None
        if card_file is not None:
            card_file.card.power_off()
            card_file.release()


def open_card(path: Path) -> CardFileConnection:
    """Open and power the card in a file.

    Raises:
        BlockingIOError: the card is open elsewhere.
        FileNotFoundError: there is no such file.
        ValueError: the file is not a card.
    """
    return CardFileConnection(CardFile(path), f"card file {path.name}")
