"""Cards in readers, ready to sign: powered, the PIN verified once, so that a tap's time is the fund's."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from clinic_terminal.card.jpki import JpkiApplication
from clinic_terminal.card.port import CardConnection
from eligibility_api.contract.codes import Purpose
from eligibility_api.contract.eligibility import CardCheckRequest
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.contract.tokens import Credential


class FleetError(Exception):
    """A card cannot take part; the text names its file and the code of the reason."""


class CardSession:
    """One card in its session. `name` is its file's, without the ending."""

    def __init__(self, name: str, connection: CardConnection, pin: str) -> None:
        """Select the application and verify the PIN. Raises CardError."""
        self.name = name
        self._card = JpkiApplication(connection)
        self._card.select()
        self._card.verify_pin(pin)
        self._certificate = self._card.read_certificate()

    def prove(self, credential: Credential, challenge: str) -> CardCheckRequest:
        """The holder's presence at the terminal of `credential`, signed by the card. Raises CardError."""
        message = credential.to_be_signed(Purpose.ELIGIBILITY, challenge)
        signature = self._card.sign_for_authentication(message)
        return CardCheckRequest(challenge=challenge, certificate=self._certificate, signature=signature)


@contextmanager
def open_fleet(
    files: Iterable[Path], pin: str, open_card: Callable[[Path], CardConnection]
) -> Iterator[list[CardSession]]:
    """A session with each card, all closed at the end. Raises FleetError at the first that cannot take part."""
    with ExitStack() as connections:
        sessions = []
        for file in files:
            try:
                connection = open_card(file)
                connections.callback(connection.close)
                sessions.append(CardSession(file.stem, connection, pin))
            except ShikakuError as error:
                raise FleetError(f"{file.name}: {error.code}") from error
        yield sessions
