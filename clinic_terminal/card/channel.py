"""The interface to a card, and the exchange of commands over it.

A lost card becomes an error, and T=0's procedure bytes are handled. `CardConnection` is implemented by a
PC/SC reader, an emulator in this process, and tests.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol

from clinic_terminal.card import apdu, profile
from clinic_terminal.card.apdu import Command, Response
from clinic_terminal.card.errors import CardError


class CardConnection(Protocol):
    """A powered card, held exclusively by this program until `close`."""

    @property
    def reader_name(self) -> str:
        """The reader's name, for people."""
        ...

    def transmit(self, apdu: bytes, /) -> bytes:
        """Send one short command APDU (ISO 7816-4); response data followed by SW1 SW2 come back.

        Raises ConnectionError or a subclass when the card was removed, CardError where more is known.
        """
        ...

    def close(self) -> None:
        """Power the card down, which clears its PIN state. Never raises; may be called twice."""
        ...


class CardChannel:
    """Exchanges commands for responses on the basic logical channel, a limited number of them."""

    def __init__(self, connection: CardConnection) -> None:
        self._connection = connection
        self._exchanges = 0

    def send(self, command: Command) -> Response:
        """The card's response, whatever its status word.

        Raises CardError: `card-removed`, `card-unexpected` for a malformed response or too many exchanges in
        one session, or the connection's own.

        Contact readers under T=0 may answer 6Cxx (repeat with this length) or 61xx (fetch the rest). A
        command that expects no data, such as VERIFY, is never sent a second time.
        """
        response = self._exchange(command)
        if response.status_word >> 8 == 0x6C and command.expected is not None:
            response = self._exchange(replace(command, expected=_length(response)))
        return self._completed(response)

    def _completed(self, response: Response) -> Response:
        """The response with the rest of its data.

        Raises CardError `card-unexpected` where the data never end.
        """
        data, announced = response.data, 0
        while response.status_word >> 8 == 0x61:
            announced += _length(response)
            if announced > profile.MAX_CERTIFICATE_BYTES:
                raise CardError("card-unexpected", status_word=response.status_word)
            response = self._exchange(apdu.get_response(_length(response)))
            data += response.data
        return Response(data, response.status_word)

    def _exchange(self, command: Command) -> Response:
        self._exchanges += 1
        if self._exchanges > profile.MAX_EXCHANGES:
            raise CardError("card-unexpected")
        try:
            raw = self._connection.transmit(command.encoded())
        except ConnectionError as error:
            raise CardError("card-removed") from error
        try:
            return Response.parse(raw)
        except ValueError as error:
            raise CardError("card-unexpected") from error


def _length(response: Response) -> int:
    return response.status_word & 0xFF or apdu.MAX_READ_BYTES
