"""The plan of a run: draws a level's visits, with facility and patient, from the seed before the run."""

from __future__ import annotations

import heapq
import json
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import accumulate, cycle
from random import Random

from eligibility_api.contract.codes import FacilityKind
from eligibility_api.contract.history import HistoryResource
from loadtest.arrivals import RatePeriod, arrivals, day_curve
from loadtest.dataset.cards import Card
from loadtest.dataset.terminals import Terminal
from loadtest.dataset.visitors import Visitors
from loadtest.scenario.answer_sample import CheckQuery
from loadtest.scenario.batches import MAX_POLL_SECONDS, MEAN_ROWS, BatchClient, draw_row_count
from loadtest.scenario.consents import CATEGORIES, consent_and_view, draw_histories
from loadtest.scenario.executor import DRAIN_SECONDS, ScheduledBatch, ScheduledVisit
from loadtest.scenario.history_check import HistoryChecker
from loadtest.scenario.levels import SITES, STORM_SECONDS, Level, Shape
from loadtest.scenario.nation_sign_ins import nation_sign_ins_per_s
from loadtest.scenario.prescriptions import PrescriptionWriter
from loadtest.scenario.visits import NATION_TOKEN, Outcome, TerminalClient, Visit

_SEED_DISTANCE = 1_000_003
"""Between the seeds of generators: larger than the number of seeds that one plan uses."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A level for a number of seconds, its rates multiplied by `scale`.

    `steps`: parts of the run of equal length, each with a factor of its own (none: one part). `nation_signs_in`: whether
    the terminals of all facilities sign in beside the run's own.
    """

    level: Level
    seconds: float
    scale: float
    seed: int
    steps: tuple[float, ...] = ()
    nation_signs_in: bool = False

    @property
    def checks_per_s(self) -> float:
        """The arrival rate of checks."""
        return self.level.checks_per_s * self.scale

    def for_generator(self, number: int, share: float) -> Plan:
        """The plan of one of several generators: with its share of the rates, and a seed of its own.

        The sum of independent Poisson processes is a Poisson process with the sum of their rates.
        """
        return replace(self, scale=self.scale * share, seed=self.seed + number * _SEED_DISTANCE)

    @property
    def steady(self) -> Sequence[RatePeriod]:
        """The rates of a run that is no day."""
        steps = self.steps or (1.0,)
        return [RatePeriod(self.seconds / len(steps), self.checks_per_s * step) for step in steps]

    @property
    def restart_at(self) -> float:
        """When the API is restarted in a storm, in seconds of the run."""
        return self.seconds / 3

    @property
    def sign_ins(self) -> Sequence[RatePeriod]:
        """Sign-ins of facilities that reconnect after the restart.

        They are in addition to renewals of expiring tokens.
        """
        if not self.level.reconnect:
            return []
        left = min(self.seconds - self.restart_at, STORM_SECONDS)
        return [RatePeriod(self.restart_at, 0.0), RatePeriod(left, SITES * self.scale / STORM_SECONDS)]

    @property
    def nation_sign_ins(self) -> Sequence[RatePeriod]:
        """The sign-ins of the country's terminals, if they are part of the run, whose rate is steady."""
        if not self.nation_signs_in:
            return []
        return [RatePeriod(self.seconds, self.scale * nation_sign_ins_per_s(self.level.checks_per_s, SITES))]

    @property
    def drain_seconds(self) -> float:
        """How long the executor waits for the last visits."""
        return MAX_POLL_SECONDS if self.level.shape is Shape.BATCHES else DRAIN_SECONDS

    def schedule(
        self, visitors: Visitors, client: TerminalClient, history_checker: HistoryChecker | None = None
    ) -> Iterator[ScheduledVisit | ScheduledBatch]:
        """All visits, sorted by time.

        `history_checker`: records what is registered for and shown of patients.
        """
        draw = VisitFactory(self, visitors, client, history_checker)
        if self.level.shape is Shape.BATCHES:
            batches = RatePeriod(self.seconds, self.checks_per_s / MEAN_ROWS)
            yield from map(draw.batch, self._arrivals([batches], 0))
            return
        if self.level.shape is Shape.DAY:
            streams = [
                map(partial(draw.check, kind=kind), self._arrivals(periods, 3 + place))
                for place, (kind, periods) in enumerate(self._days(visitors))
            ]
        else:
            streams = [map(draw.check, self._arrivals(self.steady, 0))]
        streams.append(map(draw.sign_in, self._arrivals(self.sign_ins, 1)))
        streams.append(map(draw.nation_sign_in, self._arrivals(self.nation_sign_ins, 7)))
        yield from heapq.merge(*streams, key=_scheduled_time)

    def _arrivals(self, periods: Sequence[RatePeriod], number: int) -> Iterator[float]:
        return arrivals(periods, Random(self.seed + number))  # noqa: S311 - reproducible on purpose

    def _days(self, visitors: Visitors) -> Iterator[tuple[FacilityKind, list[RatePeriod]]]:
        """The day of each kind of facility, with the share of the rate that its terminals have."""
        for kind, weight in visitors.weights.items():
            per_second = self.checks_per_s * weight / visitors.weight
            yield kind, list(day_curve(kind, self.seconds, per_second))


def _scheduled_time(visit: ScheduledVisit) -> float:
    return visit.at


class VisitFactory:
    """Draws facility and patient of each visit."""

    def __init__(
        self, plan: Plan, visitors: Visitors, client: TerminalClient, history_checker: HistoryChecker | None
    ) -> None:
        self._rng = Random(plan.seed + 2)  # noqa: S311 - reproducible on purpose
        self._by_card = plan.level.by_card
        self._storm = plan.level.shape is Shape.STORM
        self._visitors = visitors
        self._client = client
        self._batches = BatchClient(client)
        self._history_checker = history_checker
        self._prescription_writer = PrescriptionWriter(client, history_checker or HistoryChecker(), self._rng)
        self._prescriptions = plan.level.prescriptions
        self._draw_membership = visitors.membership_sampler()
        self._of_kind = {kind: _weighted(visitors.terminals, kind) for kind in (None, *visitors.weights)}
        self._batch_terminals = cycle(self._rng.sample(visitors.terminals, len(visitors.terminals)))

    def _terminal(self, kind: FacilityKind | None) -> Terminal:
        terminals, weights = self._of_kind[kind]
        [terminal] = self._rng.choices(terminals, cum_weights=weights)
        return terminal

    def check(self, at: float, kind: FacilityKind | None = None) -> ScheduledVisit:
        """A check by card or by number, at a facility of a kind (None: of any kind)."""
        terminal = self._terminal(kind)
        if self._rng.random() < self._by_card:
            return self._tap(at, terminal, self._rng.choice(self._visitors.cards))
        membership = self._draw_membership(self._rng)
        query = CheckQuery.at(terminal, membership=membership)
        visit = self._with_retry(partial(self._client.by_number, terminal, membership))
        return ScheduledVisit(at, query, visit)

    def _tap(self, at: float, terminal: Terminal, card: Card) -> ScheduledVisit:
        """A tap, followed by a consent with histories, and possibly a prescription or dispensing."""
        query = CheckQuery.at(terminal, person=card.resident_id)
        resources = draw_histories(self._rng)
        prescribes = self._prescriptions > 0 and self._rng.random() < self._prescriptions
        follow_up = partial(self._follow_up, terminal, card, resources, prescribes)
        consented = replace(query, consents=frozenset(CATEGORIES))
        visit = self._with_retry(partial(self._client.by_card, terminal, card))
        return ScheduledVisit(at, query, visit, (consented, self._follow_up_with_retry(follow_up)))

    async def _follow_up(
        self,
        terminal: Terminal,
        card: Card,
        resources: Sequence[HistoryResource],
        prescribes: bool,
        tapped: Outcome,
    ) -> Outcome:
        on_history = None
        if self._history_checker is not None:
            self._history_checker.record_tap(tapped.body)
            on_history = self._history_checker.record_history
        outcome = await consent_and_view(
            self._client, terminal, card, resources, tapped, on_history=on_history
        )
        if outcome.failure is not None or not prescribes:
            return outcome
        record = str(json.loads(tapped.body)["record_id"])
        registered = await self._prescription_writer.register(terminal, card.resident_id, record)
        return outcome if registered is None or registered.failure is None else registered

    def sign_in(self, at: float) -> ScheduledVisit:
        """The sign-in of a facility that reconnects, drawn uniformly."""
        terminal = self._rng.choice(self._visitors.terminals)
        return ScheduledVisit(at, None, self._with_retry(partial(self._client.sign_in, terminal)))

    def nation_sign_in(self, at: float) -> ScheduledVisit:
        """The sign-in of one of the country's terminals, for which one of the run's stands.

        That one uses the new token: a token serves as few requests as in the nation.
        """
        terminal = self._terminal(None)
        return ScheduledVisit(at, None, partial(self._client.sign_in, terminal, NATION_TOKEN))

    def batch(self, at: float) -> ScheduledBatch:
        """A facility's batch for the next day. Facilities take turns: each submits one in an evening."""
        terminal = next(self._batch_terminals)
        memberships = [self._draw_membership(self._rng) for _ in range(draw_row_count(self._rng))]
        queries = [CheckQuery.at(terminal, membership=membership) for membership in memberships]
        return ScheduledBatch(at, queries, partial(self._batches.check, terminal, memberships))

    def _with_retry(self, visit: Visit) -> Visit:
        """In a storm, a visit whose connection is cut is retried, as a terminal does."""
        return partial(self._client.retry_if_cut, visit) if self._storm else visit

    def _follow_up_with_retry(
        self, follow_up: Callable[[Outcome], Awaitable[Outcome]]
    ) -> Callable[[Outcome], Awaitable[Outcome]]:
        if not self._storm:
            return follow_up
        return lambda tapped: self._client.retry_if_cut(partial(follow_up, tapped))


def _weighted(
    terminals: Sequence[Terminal], kind: FacilityKind | None
) -> tuple[Sequence[Terminal], list[float]]:
    """The terminals of a kind (None: all), and their cumulative weights."""
    of_kind = [terminal for terminal in terminals if kind in (None, terminal.kind)]
    return of_kind, list(accumulate(terminal.weight for terminal in of_kind))
