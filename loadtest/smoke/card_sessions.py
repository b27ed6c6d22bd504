"""Card sessions: cards that are ready to sign, with the PIN verified once.

A tap's time is then the fund's alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from clinic_terminal.card.channel import CardConnection
from clinic_terminal.card.jpki import JpkiApplication
from eligibility_api.contract.codes import Purpose
from eligibility_api.contract.eligibility import CardCheckRequest
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.contract.tokens import Credential

SIGNATURES = 300
"""Signatures of one session: the terminal limits a session's commands (`clinic_terminal.card.profile.MAX_EXCHANGES`)."""


class CardSessionError(Exception):
    """A card cannot be used; the text names its file and the error's code."""


class CardSession:
    """A card with its session. `name`: the name of its file, without the extension."""

    def __init__(self, name: str, connection: CardConnection, pin: str) -> None:
        """Select the application and verify the PIN. Raises CardError."""
        self.name = name
        self._connection, self._pin = connection, pin
        self._begin()

    def _begin(self) -> None:
        self._card = JpkiApplication(self._connection)
        self._card.select()
        self._card.verify_pin(self._pin)
        self._certificate = self._card.read_certificate()
        self._signatures_left = SIGNATURES

    def prove(self, credential: Credential, challenge: str) -> CardCheckRequest:
        """A proof of presence at the terminal of `credential`, signed by the card. Raises CardError."""
        if not self._signatures_left:
            self._begin()
        self._signatures_left -= 1
        message = credential.to_be_signed(Purpose.ELIGIBILITY, challenge)
        signature = self._card.sign_for_authentication(message)
        return CardCheckRequest(challenge=challenge, certificate=self._certificate, signature=signature)


@contextmanager
def open_card_sessions(
    files: Iterable[Path], pin: str, open_card: Callable[[Path], CardConnection]
) -> Iterator[list[CardSession]]:
    """Open a session with each card, and close all at the end.

    Raises CardSessionError for the first that fails.
    """
    with ExitStack() as connections:
        sessions = []
        for file in files:
            try:
                connection = open_card(file)
                connections.callback(connection.close)
                sessions.append(CardSession(file.stem, connection, pin))
            except ShikakuError as error:
                raise CardSessionError(f"{file.name}: {error.code}") from error
        yield sessions
