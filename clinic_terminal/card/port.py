"""The port through which a card is reached: a PC/SC reader, an emulator in this process, a test's script."""

from typing import Protocol


class CardConnection(Protocol):
    """A powered card, held by this program alone until `close`."""

    @property
    def reader_name(self) -> str:
        """Which reader, for people."""
        ...

    def transmit(self, apdu: bytes, /) -> bytes:
        """Send one short command APDU (ISO 7816-4); response data followed by SW1 SW2 come back.

        Raises ConnectionError or a subclass when the card has gone, CardError where more is known.
        """
        ...

    def close(self) -> None:
        """Take the power from the card, which clears its PIN state. Never raises; may be called twice."""
        ...
