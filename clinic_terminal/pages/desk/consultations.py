"""The online consultations of a day (オンライン診療): which patients consented, and each one's insurance without the card."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import islice

from clinic_terminal.clock import JAPAN
from clinic_terminal.errors import TerminalError
from clinic_terminal.exchange.bulk import MAX_PERSONS
from clinic_terminal.exchange.operator import Operator
from clinic_terminal.exchange.permits import ENDED, listed_permit
from clinic_terminal.pages.terminal import PagesTerminal
from clinic_terminal.queries.consents import days_of_consent, open_consents
from clinic_terminal.store.records import Visit, Way
from clinic_terminal.store.visits import new_visit_id
from eligibility_api.contract.codes import Care
from eligibility_api.contract.consent import CONSENTS_PATH, ConsentStatus
from eligibility_api.contract.errors import ErrorKind, ShikakuError
from eligibility_api.contract.history_query import Accessor

ASK_SECONDS = 10.0
"""How long one request asks about persons; the rest is asked about by the next one."""


@dataclass(frozen=True, slots=True)
class Consultation:
    """A consent, and what became of the question by it: its visit, or the problem; neither if it was not asked."""

    consent: ConsentStatus
    visit_id: str | None = None
    problem: ShikakuError | None = None


@dataclass(frozen=True, slots=True)
class Consultations:
    """Those of a day as they were at an instant, in the order in which the consents were given.

    `is_today`: a consent counts on its day only, so nobody is asked about on another one.
    """

    day: date
    at: datetime
    is_today: bool
    rows: Sequence[Consultation]

    @property
    def unasked(self) -> int:
        """How many were not asked about, though their day is today."""
        return sum(row.visit_id is None and row.problem is None for row in self.rows) if self.is_today else 0


class OnlineConsents:
    """The last list of this terminal. Thread-safe: one list is fetched at a time."""

    def __init__(self, terminal: PagesTerminal, ticks: Callable[[], float]) -> None:
        """`ticks`: monotonic seconds."""
        self._terminal, self._ticks = terminal, ticks
        self._fetching = threading.Lock()
        self.last: Consultations | None = None

    def fetch(self, day: date, operator: Operator) -> None:
        """List the consents of a day, and ask today's that were not answered; each answer becomes a visit.

        Raises ShikakuError, also `exchange-too-many-persons`; then the last list stays.
        """
        with self._fetching:
            now = self._terminal.clock()
            consents = self._listed(day, operator, now)
            last, is_today = self.last, day == now.astimezone(JAPAN).date()
            known = {row.consent.consent_id: row for row in last.rows} if last and last.day == day else {}
            rows = [
                replace(known.get(one.consent_id, Consultation(one)), consent=one, problem=None)
                for one in consents
            ]
            self.last = Consultations(day, now, is_today, self._asked(rows, operator) if is_today else rows)

    def _listed(self, day: date, operator: Operator, now: datetime) -> list[ConsentStatus]:
        days = (day, day)
        found = self._terminal.funds.call(
            lambda fund: list(
                islice(
                    open_consents(
                        fund, Care.ONLINE, days_of_consent(days), operator.staff(), now, consultations=days
                    ),
                    MAX_PERSONS + 1,
                )
            )
        )
        if len(found) > MAX_PERSONS:
            raise TerminalError("exchange-too-many-persons")
        return found

    def _asked(self, rows: Sequence[Consultation], operator: Operator) -> Sequence[Consultation]:
        """The rows with what the fund answered, until the time is over or the fund fails."""
        ends, asked = self._ticks() + ASK_SECONDS, list(rows)
        for place, row in enumerate(rows):
            if row.visit_id is not None:
                continue
            if self._ticks() > ends:
                break
            asked[place] = self._ask(row.consent, operator)
            problem = asked[place].problem
            if problem is not None and problem.entry.kind is ErrorKind.TECHNICAL:
                break
        return asked

    def _ask(self, consent: ConsentStatus, operator: Operator) -> Consultation:
        store, began = self._terminal.store, self._ticks()
        accessor = Accessor(consent.consent_id, operator.role, operator.name, CONSENTS_PATH)
        try:
            answer = self._terminal.funds.call(lambda fund: fund.consent_eligibility(accessor))
        except ShikakuError as problem:
            if problem.code in ENDED:
                store.drop_permit(consent.consent_id)
            return Consultation(consent, problem=problem)
        visit = Visit(
            visit_id=new_visit_id(),
            at=self._terminal.clock(),
            way=Way.ONLINE,
            milliseconds=round((self._ticks() - began) * 1000),
            answer=answer,
            operator=operator.name,
        )
        store.keep_visit(visit)
        permit = listed_permit(consent, answer)
        if permit is not None:
            store.keep_permit(permit)
        return Consultation(consent, visit.visit_id)
