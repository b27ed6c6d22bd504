"""The questions of a tap, asked at the reader's screen."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from clinic_terminal.card.errors import CardError
from clinic_terminal.outcome import GivenUpError
from clinic_terminal.pages.reader import journey
from clinic_terminal.pages.reader.journey import KEYS, Position, Reply
from clinic_terminal.visit.information import by_information
from eligibility_api.contract.codes import Category


class Screen(Protocol):
    """The screen that shows a question and waits for its answer."""

    def ask(self, question: Callable[[Position], Position]) -> Position:
        """The position after the answer. Raises CardError `card-removed`, and GivenUpError if the screens end."""
        ...

    def take_pin(self) -> str:
        """The PIN that was typed, once."""
        ...


@dataclass(frozen=True, slots=True)
class ScreenPrompts:
    """Asks at a screen. `shuffled`: the keys of the PIN are in another order for each card."""

    screen: Screen
    shuffled: bool = False

    def pin(self, tries_left: int, earlier: CardError | None) -> str:
        """The PIN; who chooses the staff, or does not answer, gives up."""
        code = earlier.code if earlier is not None else None
        keys = _shuffled() if self.shuffled else KEYS
        answered = self.screen.ask(lambda position: journey.ask_pin(position, tries_left, code, keys))
        if answered.reply is not Reply.PIN:
            raise GivenUpError
        return self.screen.take_pin()

    def agrees_to_registration(self) -> bool:
        """Whether the patient pressed yes."""
        return self.screen.ask(journey.ask_registration).reply is Reply.AGREED

    def agrees_to(
        self, text: str, categories: tuple[Category, ...], facility: str = "", /
    ) -> tuple[Category, ...]:
        """All at once, each kind by itself, or none; after a choice of kinds, whether these."""
        groups = by_information(categories)
        answered = self.screen.ask(lambda position: journey.ask_consent(position, text, groups, facility))
        return answered.agreed if answered.reply is Reply.AGREED else ()


def _shuffled() -> tuple[int, ...]:
    keys = list(KEYS)
    secrets.SystemRandom().shuffle(keys)
    return tuple(keys)
