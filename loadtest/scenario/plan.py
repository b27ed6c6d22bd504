"""Who comes when, with what: a level's arrivals, drawn before the run from its seed."""

from __future__ import annotations

import heapq
import json
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import accumulate, cycle
from random import Random

from eligibility_api.contract.codes import FacilityKind
from eligibility_api.contract.history import LookUp
from loadtest.dataset.cards import Card
from loadtest.dataset.terminals import Terminal
from loadtest.dataset.visitors import Visitors
from loadtest.scenario.answer_sample import Asked
from loadtest.scenario.arrivals import Stretch, arrivals, curve
from loadtest.scenario.batches import MEAN_ROWS, MOST_SECONDS, Batches, drawn_rows
from loadtest.scenario.consents import CATEGORIES, consent_and_look, drawn_look_ups
from loadtest.scenario.executor import DRAIN_SECONDS, Due, DueBatch
from loadtest.scenario.history_check import Histories
from loadtest.scenario.levels import SITES, STORM_SECONDS, Level, Shape
from loadtest.scenario.prescriptions import Prescribing
from loadtest.scenario.visits import Outcome, Reception, Visit

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
    def restart_at(self) -> float:
        """When the API is restarted in a storm, in seconds from the beginning."""
        return self.seconds / 3

    @property
    def sign_ins(self) -> Sequence[Stretch]:
        """How facilities reconnect after the restart, beside what their tokens' ends ask for."""
        if not self.level.reconnect:
            return []
        left = min(self.seconds - self.restart_at, STORM_SECONDS)
        return [Stretch(self.restart_at, 0.0), Stretch(left, SITES * self.scale / STORM_SECONDS)]

    @property
    def drain_seconds(self) -> float:
        """How long the last visits are waited for."""
        return MOST_SECONDS if self.level.shape is Shape.BATCHES else DRAIN_SECONDS

    def schedule(
        self, visitors: Visitors, reception: Reception, histories: Histories | None = None
    ) -> Iterator[Due | DueBatch]:
        """Every visit, in the order of the instants; `histories`, if any, take in what is told and seen of patients."""
        draw = _Draw(self, visitors, reception, histories)
        if self.level.shape is Shape.BATCHES:
            batches = Stretch(self.seconds, self.checks_per_s / MEAN_ROWS)
            yield from map(draw.batch, self._arrivals([batches], 0))
            return
        if self.level.shape is Shape.DAY:
            streams = [
                map(partial(draw.check, kind=kind), self._arrivals(stretches, 3 + place))
                for place, (kind, stretches) in enumerate(self._days(visitors))
            ]
        else:
            streams = [map(draw.check, self._arrivals([Stretch(self.seconds, self.checks_per_s)], 0))]
        streams.append(map(draw.sign_in, self._arrivals(self.sign_ins, 1)))
        yield from heapq.merge(*streams, key=_instant)

    def _arrivals(self, stretches: Sequence[Stretch], number: int) -> Iterator[float]:
        return arrivals(stretches, Random(self.seed + number))  # noqa: S311 - reproducible on purpose

    def _days(self, visitors: Visitors) -> Iterator[tuple[FacilityKind, list[Stretch]]]:
        """Of each kind of facility its day, with the part of the rate that its terminals here have."""
        for kind, weight in visitors.weights.items():
            per_second = self.checks_per_s * weight / visitors.weight
            yield kind, list(curve(kind, self.seconds, per_second))


def _instant(due: Due) -> float:
    return due.at


class _Draw:
    """Draws facility and patient of each visit."""

    def __init__(
        self, plan: Plan, visitors: Visitors, reception: Reception, histories: Histories | None
    ) -> None:
        self._rng = Random(plan.seed + 2)  # noqa: S311 - reproducible on purpose
        self._by_card = plan.level.by_card
        self._storm = plan.level.shape is Shape.STORM
        self._visitors = visitors
        self._reception = reception
        self._batches = Batches(reception)
        self._histories = histories
        self._prescribing = Prescribing(reception, histories or Histories(), self._rng)
        self._prescriptions = plan.level.prescriptions
        self._drawn_membership = visitors.membership_sampler()
        self._of_kind = {kind: _weighted(visitors.terminals, kind) for kind in (None, *visitors.weights)}
        self._turns = cycle(self._rng.sample(visitors.terminals, len(visitors.terminals)))

    def _terminal(self, kind: FacilityKind | None) -> Terminal:
        terminals, weights = self._of_kind[kind]
        [terminal] = self._rng.choices(terminals, cum_weights=weights)
        return terminal

    def check(self, at: float, kind: FacilityKind | None = None) -> Due:
        """A patient with a card, or one with a certificate's numbers; at a facility of a kind, or of any."""
        terminal = self._terminal(kind)
        if self._rng.random() < self._by_card:
            return self._tap(at, terminal, self._rng.choice(self._visitors.cards))
        membership = self._drawn_membership(self._rng)
        asked = Asked.at(terminal, membership=membership)
        return Due(at, asked, self._patient(partial(self._reception.by_number, terminal, membership)))

    def _tap(self, at: float, terminal: Terminal, card: Card) -> Due:
        """A tap, and after it a consent with what the facility looks at, and what it tells."""
        asked = Asked.at(terminal, person=card.resident_id)
        look_ups = drawn_look_ups(self._rng)
        tells = self._prescriptions > 0 and self._rng.random() < self._prescriptions
        follow = partial(self._after, terminal, card, look_ups, tells)
        consented = replace(asked, consents=frozenset(CATEGORIES))
        visit = self._patient(partial(self._reception.by_card, terminal, card))
        return Due(at, asked, visit, (consented, self._patient_after(follow)))

    async def _after(
        self, terminal: Terminal, card: Card, look_ups: Sequence[LookUp], tells: bool, tapped: Outcome
    ) -> Outcome:
        saw = None
        if self._histories is not None:
            self._histories.tapped(tapped.body)
            saw = self._histories.looked
        outcome = await consent_and_look(self._reception, terminal, card, look_ups, tapped, saw=saw)
        if outcome.failure is not None or not tells:
            return outcome
        record = str(json.loads(tapped.body)["record_id"])
        told = await self._prescribing.tell(terminal, card.resident_id, record)
        return outcome if told is None or told.failure is None else told

    def sign_in(self, at: float) -> Due:
        """A facility that reconnects: each as likely as any other."""
        terminal = self._rng.choice(self._visitors.terminals)
        return Due(at, None, self._patient(partial(self._reception.sign_in, terminal)))

    def batch(self, at: float) -> DueBatch:
        """A facility's patients of the next day: facilities in turn, since each hands in one in an evening."""
        terminal = next(self._turns)
        memberships = [self._drawn_membership(self._rng) for _ in range(drawn_rows(self._rng))]
        asked = [Asked.at(terminal, membership=membership) for membership in memberships]
        return DueBatch(at, asked, partial(self._batches.check, terminal, memberships))

    def _patient(self, visit: Visit) -> Visit:
        """In a storm, whose connection is cut begins once more, as a terminal does."""
        return partial(self._reception.once_more, visit) if self._storm else visit

    def _patient_after(
        self, follow: Callable[[Outcome], Awaitable[Outcome]]
    ) -> Callable[[Outcome], Awaitable[Outcome]]:
        if not self._storm:
            return follow
        return lambda tapped: self._reception.once_more(partial(follow, tapped))


def _weighted(
    terminals: Sequence[Terminal], kind: FacilityKind | None
) -> tuple[Sequence[Terminal], list[float]]:
    """The terminals of a kind (None: all), and their weights added up one after the other."""
    of_kind = [terminal for terminal in terminals if kind in (None, terminal.kind)]
    return of_kind, list(accumulate(terminal.weight for terminal in of_kind))
