"""Whom a schedule draws from: the terminals, the cards, and the memberships that are asked about by number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from loadtest.model.events import Membership
from loadtest.nation.cards import Card
from loadtest.nation.terminals import Terminal


@dataclass(frozen=True, slots=True)
class Visitors:
    """Everybody who comes to a generator, and where to."""

    terminals: Sequence[Terminal]
    cards: Sequence[Card]
    memberships: Sequence[Membership]

    @property
    def weight(self) -> float:
        """Their terminals' part of all checks."""
        return sum(terminal.weight for terminal in self.terminals)

    def deal(self, hands: int) -> list[Visitors]:
        """So many parts of about the same size, each terminal, card and membership in one of them."""
        return [
            Visitors(self.terminals[hand::hands], self.cards[hand::hands], self.memberships[hand::hands])
            for hand in range(hands)
        ]
