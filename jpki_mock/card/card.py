"""The emulated card: power, commands and deliberate faults, as a state machine without any I/O of its own.

What a command does is in `commands.py`. Sleeping, saving, time and randomness are passed in.
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
from jpki_mock.card.trace import command_text, response_text

_log = logging.getLogger(__name__)


class CardGone(ConnectionResetError):
    """The card has left the reader, or has no power."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a card needs from outside: the present instant, random bytes, waiting, and saving its counters."""

    clock: Callable[[], datetime]
    randomness: Callable[[int], bytes]
    sleep: Callable[[float], None]
    """Wait so many seconds."""
    save: Callable[[CardImage], None]


class Card:
    """One card in one reader, from insertion to removal; without power until `power_on`.

    Raises:
        ValueError: a key of the image cannot be read.
    """

    def __init__(self, image: CardImage, surroundings: Surroundings) -> None:
        self._faults = image.faults
        self._surroundings = surroundings
        self._counters = Counters(image, surroundings.save)
        self._applications = applications_of(self._counters)
        self._chip: Chip | None = None
        self._commands_seen = 0
        self._has_left = False
        self._fresh = False

    @property
    def image(self) -> CardImage:
        """The card as it is now, with its present retry counters."""
        return self._counters.image

    @property
    def atr(self) -> bytes:
        """The answer to reset, which readers keep and ask for again."""
        return profile.ATR

    def power_on(self) -> bytes:
        """Give power and return the answer to reset (ATR); a card that has power already starts anew."""
        self._chip = Chip(self._applications, self._new_route, self._surroundings.randomness)
        self._fresh = True
        return self.atr

    def power_off(self) -> None:
        """Take the power: selection, PIN status and all else but the counters are gone."""
        self._chip = None

    def reset(self) -> bytes:
        """Warm reset: returns the ATR and, as measured on real cards, clears neither selection nor PIN status."""
        return self.power_on() if self._chip is None else self.atr

    def transmit(self, apdu: bytes) -> bytes:
        """Carry out one command; return response data followed by SW1 SW2.

        Raises:
            CardGone: the card has no power, or leaves at this command (`Faults.pull_at_apdu`, before it is
                carried out; `Faults.lose_answer_at_apdu`, after that).
        """
        if self._faults.delay_ms:
            self._surroundings.sleep(self._faults.delay_ms / 1000)
        self._commands_seen += 1
        self._leave_at(self._faults.pull_at_apdu)
        response = self._answer(self._powered_chip(), apdu)
        _log.debug("%s -> %s", command_text(apdu), response_text(response))
        self._leave_at(self._faults.lose_answer_at_apdu)
        return response

    def _leave_at(self, apdu: int | None) -> None:
        """Leave the reader for good if the present command is this one."""
        if self._commands_seen == apdu:
            self._has_left = True
            raise CardGone

    def _powered_chip(self) -> Chip:
        if self._has_left or self._chip is None:
            raise CardGone
        return self._chip

    def _answer(self, chip: Chip, apdu: bytes) -> bytes:
        fresh, self._fresh = self._fresh, False
        try:
            if fresh and self._faults.first_command_6f00:
                raise Refused(status.NO_DIAGNOSIS)
            return chip.execute(parse(apdu)) + status.OK.to_bytes(2)
        except Refused as refused:
            return refused.data + refused.status_word.to_bytes(2)

    def _new_route(self) -> TerminalRoute:
        return TerminalRoute(self.image.terminal_authority, self._surroundings.clock)
