"""Sending commands over a connection: a card that has gone becomes an error, and T=0's detours are walked."""

from __future__ import annotations

from dataclasses import replace

from clinic_terminal.card import apdu, profile
from clinic_terminal.card.apdu import Command, Response
from clinic_terminal.card.errors import CardError
from clinic_terminal.card.port import CardConnection


class CardChannel:
    """Exchanges commands for responses on the basic logical channel."""

    def __init__(self, connection: CardConnection) -> None:
        self._connection = connection

    def send(self, command: Command) -> Response:
        """The card's answer, whatever its status word. Raises CardError: `card-removed`, or the connection's own.

        Contact readers under T=0 may answer 6Cxx (ask again with this length) or 61xx (fetch the rest). A
        command that expects no data, as VERIFY, is never sent a second time.
        """
        response = self._exchange(command)
        if response.status_word >> 8 == 0x6C and command.expected is not None:
            response = self._exchange(replace(command, expected=_length(response)))
        return self._completed(response)

    def _completed(self, response: Response) -> Response:
        """The response with the rest of its data. Raises CardError `card-unexpected` at a card that never ends."""
        data, announced = response.data, 0
        while response.status_word >> 8 == 0x61:
            announced += _length(response)
            if announced > profile.CERTIFICATE_BYTES_MAX:
                raise CardError("card-unexpected", status_word=response.status_word)
            response = self._exchange(apdu.get_response(_length(response)))
            data += response.data
        return Response(data, response.status_word)

    def _exchange(self, command: Command) -> Response:
        try:
            raw = self._connection.transmit(command.encoded())
        except ConnectionError as error:
            raise CardError("card-removed") from error
        try:
            return Response.parse(raw)
        except ValueError as error:
            raise CardError("card-unexpected") from error


def _length(response: Response) -> int:
    return response.status_word & 0xFF or apdu.READ_MAX
