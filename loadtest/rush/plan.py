"""Who comes when, with what: a level's arrivals, drawn before the run from its seed."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import accumulate
from random import Random

from loadtest.nation.cards import Card
from loadtest.nation.terminals import Terminal
from loadtest.nation.visitors import Visitors
from loadtest.rush.consents import CATEGORIES, consent_and_look, drawn_look_ups
from loadtest.rush.drive import Due
from loadtest.rush.levels import SITES, STORM_SECONDS, Level
from loadtest.rush.sample import Asked
from loadtest.rush.schedule import Stretch, arrivals
from loadtest.rush.visits import Reception

_SEEDS_APART = 1_000_003
"""Between the seeds of generators: more than a plan uses of its own."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A level for so many seconds, its rates times `scale`."""

    level: Level
    seconds: float
    scale: float
    seed: int

    @property
    def checks_per_s(self) -> float:
        """The rate at which patients come."""
        return self.level.checks_per_s * self.scale

    def part(self, number: int, share: float) -> Plan:
        """The plan of one generator of several: with its share of the rates, and a seed of its own.

        Independent Poisson processes together are one of the sum of their rates.
        """
        return replace(self, scale=self.scale * share, seed=self.seed + number * _SEEDS_APART)

    @property
    def sign_ins(self) -> Stretch:
        """How facilities reconnect, beside what their tokens' ends ask for."""
        if not self.level.reconnect:
            return Stretch(0.0, 0.0)
        return Stretch(min(self.seconds, STORM_SECONDS), SITES * self.scale / STORM_SECONDS)

    def schedule(self, visitors: Visitors, reception: Reception) -> Iterator[Due]:
        """Every visit, in the order of the instants."""
        draw = _Draw(self, visitors, reception)
        checks = arrivals([Stretch(self.seconds, self.checks_per_s)], Random(self.seed))  # noqa: S311
        sign_ins = arrivals([self.sign_ins], Random(self.seed + 1))  # noqa: S311
        return heapq.merge(map(draw.check, checks), map(draw.sign_in, sign_ins), key=_instant)


def _instant(due: Due) -> float:
    return due.at


class _Draw:
    """Draws facility and patient of each visit."""

    def __init__(self, plan: Plan, visitors: Visitors, reception: Reception) -> None:
        self._rng = Random(plan.seed + 2)  # noqa: S311 - reproducible on purpose
        self._by_card = plan.level.by_card
        self._visitors = visitors
        self._reception = reception
        self._drawn_membership = visitors.memberships_to_draw()
        self._weighted = list(accumulate(terminal.weight for terminal in visitors.terminals))

    def _terminal(self) -> Terminal:
        [terminal] = self._rng.choices(self._visitors.terminals, cum_weights=self._weighted)
        return terminal

    def check(self, at: float) -> Due:
        """A patient with a card, or one with a certificate's numbers."""
        terminal = self._terminal()
        if self._rng.random() < self._by_card:
            card = self._rng.choice(self._visitors.cards)
            return self._tap(at, terminal, card)
        membership = self._drawn_membership(self._rng)
        asked = Asked.at(terminal, membership=membership)
        return Due(at, asked, partial(self._reception.by_number, terminal, membership))

    def _tap(self, at: float, terminal: Terminal, card: Card) -> Due:
        """A tap, and after it a consent with what the facility looks at."""
        asked = Asked.at(terminal, person=card.resident_id)
        follow = partial(consent_and_look, self._reception, terminal, card, drawn_look_ups(self._rng))
        consented = replace(asked, consents=frozenset(CATEGORIES))
        return Due(at, asked, partial(self._reception.by_card, terminal, card), (consented, follow))

    def sign_in(self, at: float) -> Due:
        """A facility that reconnects: each as likely as any other."""
        terminal = self._rng.choice(self._visitors.terminals)
        return Due(at, None, partial(self._reception.sign_in, terminal))
