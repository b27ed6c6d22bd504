"""The emulated card: power, commands and deliberate faults, as a state machine without I/O.

`commands.py` implements the commands. Sleeping, saving, time and randomness are injected.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from jpki_mock.card import profile, status
from jpki_mock.card.apdu import parse
from jpki_mock.card.applications import applications_of
from jpki_mock.card.commands import Chip
from jpki_mock.card.image import CardImage
from jpki_mock.card.pins import Counters
from jpki_mock.card.status import Refused
from jpki_mock.card.terminal_route import TerminalRoute

_log = logging.getLogger(__name__)

_HEADER_BYTES = 4
_WITH_PIN = (0x20, 0x24)
"""VERIFY and CHANGE REFERENCE DATA carry PINs."""


class CardGone(ConnectionResetError):
    """The card has left the reader, or has no power."""


@dataclass(frozen=True, slots=True)
class Dependencies:
    """The injected dependencies of a card: clock, random bytes, sleep, and saving its retry counters."""

    clock: Callable[[], datetime]
    randomness: Callable[[int], bytes]
    sleep: Callable[[float], None]
    """Sleep for so many seconds."""
    save: Callable[[CardImage], None]


class Card:
    """One card in one reader, from insertion to removal; without power until `power_on`.

    Raises:
        ValueError: a key of the image cannot be read.
    """

    def __init__(self, image: CardImage, dependencies: Dependencies) -> None:
        self._faults = image.faults
        self._dependencies = dependencies
        self._counters = Counters(image, dependencies.save)
        self._applications = applications_of(self._counters)
        self._chip: Chip | None = None
        self._commands_received = 0
        self._removed = False
        self._just_powered = False

    @property
    def image(self) -> CardImage:
        """The card with its current retry counters."""
        return self._counters.image

    @property
    def atr(self) -> bytes:
        """The answer to reset; readers cache it and request it again."""
        return profile.ATR

    def power_on(self) -> bytes:
        """Power the card and return the answer to reset (ATR); a powered card restarts."""
        self._chip = Chip(self._applications, self._new_route, self._dependencies.randomness)
        self._just_powered = True
        return self.atr

    def power_off(self) -> None:
        """Remove the power: selection, PIN status and all other state except the retry counters are lost."""
        self._chip = None

    def reset(self) -> bytes:
        """Warm reset: return the ATR.

        As measured on real cards, it clears neither selection nor PIN status.
        """
        return self.power_on() if self._chip is None else self.atr

    def transmit(self, apdu: bytes) -> bytes:
        """Execute one command; return response data followed by SW1 SW2.

        Raises:
            CardGone: the card has no power, or leaves at this command (`Faults.pull_at_apdu` before it is
                executed; `Faults.lose_answer_at_apdu` after that).
        """
        if self._faults.delay_ms:
            self._dependencies.sleep(self._faults.delay_ms / 1000)
        self._commands_received += 1
        self._remove_at(self._faults.pull_at_apdu)
        response = self._respond(self._powered_chip(), apdu)
        _log.debug("%s -> %s", command_text(apdu), response_text(response))
        self._remove_at(self._faults.lose_answer_at_apdu)
        return response

    def _remove_at(self, apdu: int | None) -> None:
        """Leave the reader for good if the current command has this number."""
        if self._commands_received == apdu:
            self._removed = True
            raise CardGone

    def _powered_chip(self) -> Chip:
        if self._removed or self._chip is None:
            raise CardGone
        return self._chip

    def _respond(self, chip: Chip, apdu: bytes) -> bytes:
        just_powered, self._just_powered = self._just_powered, False
        try:
            if just_powered and self._faults.first_command_6f00:
                raise Refused(status.NO_DIAGNOSIS)
            return chip.execute(parse(apdu)) + status.OK.to_bytes(2)
        except Refused as refused:
            return refused.data + refused.status_word.to_bytes(2)

    def _new_route(self) -> TerminalRoute:
        return TerminalRoute(self.image.terminal_authority, self._dependencies.clock)


def command_text(apdu: bytes) -> str:
    """Return a command in hexadecimal for the log; of commands with a PIN only the header."""
    if len(apdu) > _HEADER_BYTES and apdu[1] in _WITH_PIN:
        return f"{apdu[:_HEADER_BYTES].hex(' ').upper()} [masked]"
    return apdu.hex(" ").upper()


def response_text(response: bytes) -> str:
    """Return a response's status word and number of data bytes for the log.

    The data are not logged: certificates and attribute files contain names and addresses.
    """
    return f"{response[-2:].hex().upper()} after {len(response) - 2} bytes"
