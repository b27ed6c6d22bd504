"""The population that a schedule draws from: terminals, cards, and memberships for look-ups by number."""

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
    """The cardholders and members that one generator simulates, and the terminals that they visit."""

    terminals: Sequence[Terminal]
    cards: Sequence[Card]
    memberships: Sequence[Membership]
    bulk: BulkPartition | None = None
    """Further members, computed instead of held in memory; looked up by number like the others."""

    @property
    def weight(self) -> float:
        """The terminals' share of all checks."""
        return sum(terminal.weight for terminal in self.terminals)

    @property
    def facilities(self) -> list[list[Terminal]]:
        """The terminals grouped by facility, which are adjacent in the list."""
        return [list(terminals) for _, terminals in groupby(self.terminals, key=_facility)]

    @property
    def weights(self) -> dict[FacilityKind, float]:
        """The terminals' share of all checks, by kind of facility."""
        weights: defaultdict[FacilityKind, float] = defaultdict(float)
        for terminal in self.terminals:
            weights[terminal.kind] += terminal.weight
        return dict(weights)

    def partition(self, count: int) -> list[Visitors]:
        """`count` parts of about the same size; each facility, card and membership is in exactly one."""
        facilities = self.facilities
        bulks = [None] * count if self.bulk is None else self.bulk.partition(count)
        return [
            Visitors(
                [terminal for facility in facilities[index::count] for terminal in facility],
                self.cards[index::count],
                self.memberships[index::count],
                bulk,
            )
            for index, bulk in enumerate(bulks)
        ]

    def membership_sampler(self) -> Callable[[Random], Membership]:
        """Returns a function that draws a membership for a look-up by number, uniformly."""
        part = self.bulk
        if part is None:
            return lambda rng: rng.choice(self.memberships)
        bulk, known = BulkPopulation.of(part.people), len(self.memberships)

        def draw(rng: Random) -> Membership:
            index = rng.randrange(known + len(part))
            return self.memberships[index] if index < known else bulk.membership(part.number(index - known))

        return draw


def _facility(terminal: Terminal) -> str:
    return terminal.institution_code
