"""Whom a schedule draws from: the terminals, the cards, and the memberships that are asked about by number."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from random import Random

from eligibility_api.contract.codes import FacilityKind
from loadtest.dataset.bulk_population import BulkPartition, BulkPopulation
from loadtest.dataset.cards import Card
from loadtest.dataset.terminals import Terminal
from loadtest.model.events import Membership


@dataclass(frozen=True, slots=True)
class Visitors:
    """Everybody who comes to a generator, and where to."""

    terminals: Sequence[Terminal]
    cards: Sequence[Card]
    memberships: Sequence[Membership]
    bulk: BulkPartition | None = None
    """Of whom nobody is held in memory: asked about by number like any other."""

    @property
    def weight(self) -> float:
        """Their terminals' part of all checks."""
        return sum(terminal.weight for terminal in self.terminals)

    @property
    def facilities(self) -> list[list[Terminal]]:
        """The terminals of each facility, which stand together."""
        return [list(terminals) for _, terminals in groupby(self.terminals, key=_facility)]

    @property
    def weights(self) -> dict[FacilityKind, float]:
        """The same by kind of facility."""
        weights: defaultdict[FacilityKind, float] = defaultdict(float)
        for terminal in self.terminals:
            weights[terminal.kind] += terminal.weight
        return dict(weights)

    def partition(self, count: int) -> list[Visitors]:
        """So many parts of about the same size, each facility, card and membership in one of them."""
        facilities = self.facilities
        crowds = [None] * count if self.bulk is None else self.bulk.partition(count)
        return [
            Visitors(
                [terminal for facility in facilities[hand::count] for terminal in facility],
                self.cards[hand::count],
                self.memberships[hand::count],
                bulk,
            )
            for hand, bulk in enumerate(crowds)
        ]

    def membership_sampler(self) -> Callable[[Random], Membership]:
        """Draws whoever is asked about by number: everybody is as likely as any other."""
        share = self.bulk
        if share is None:
            return lambda rng: rng.choice(self.memberships)
        bulk, known = BulkPopulation.of(share.people), len(self.memberships)

        def draw(rng: Random) -> Membership:
            place = rng.randrange(known + len(share))
            return self.memberships[place] if place < known else bulk.membership(share.number(place - known))

        return draw


def _facility(terminal: Terminal) -> str:
    return terminal.institution_code
