"""Fetches a part of a visitor's history under a permit of the terminal's store, and says why there is none."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from clinic_terminal.errors import TerminalError
from clinic_terminal.exchange import own_page
from clinic_terminal.exchange.operator import Operator
from clinic_terminal.exchange.permits import ENDED, Wanted, find_permit
from clinic_terminal.pages.terminal import PagesTerminal
from clinic_terminal.queries.history import fetch_history
from clinic_terminal.store.records import Permit, StoredMembership, Visit
from clinic_terminal.timings import Stopwatch
from eligibility_api.contract.codes import Category, Right
from eligibility_api.contract.consent import CONSENTS_PATH
from eligibility_api.contract.emergency import EMERGENCIES_PATH, PermitAnswer
from eligibility_api.contract.errors import ErrorKind, ShikakuError
from eligibility_api.contract.history import CATEGORY_OF, Grouping, HistoryPage, HistoryResource
from eligibility_api.contract.history_query import Accessor, HistoryQuery


class View(StrEnum):
    """The parts of a history, each with a page of its own; the value is the last segment of its path."""

    MEDICINES = "medicines"
    TREATMENTS = "treatments"
    CHECKUPS = "checkups"


RESOURCES = {
    View.MEDICINES: (HistoryResource.MEDICATIONS,),
    View.TREATMENTS: (HistoryResource.TREATMENTS, HistoryResource.SURGERIES),
    View.CHECKUPS: (HistoryResource.HEALTH_CHECKUPS,),
}


class Lack(StrEnum):
    """Why a part has no rows to show; the value is the last part of its text's key."""

    NO_CONSENT = "no-consent"
    """The patient did not consent to it at this facility."""
    NOT_YET = "not-yet"
    """The consent begins later."""
    ENDED = "ended"
    """The consent has ended or was withdrawn."""
    SEVERAL = "several"
    """Consents of several persons match: no data is shown."""
    FAILED = "failed"
    """It could not be fetched, or the fund refused it."""


_LACKS = {
    "exchange-permit-missing": Lack.NO_CONSENT,
    "exchange-permit-several": Lack.SEVERAL,
    "consent-category": Lack.NO_CONSENT,
    "consent-not-yet": Lack.NOT_YET,
    "consent-missing": Lack.NO_CONSENT,
    "consent-other-facility": Lack.NO_CONSENT,
    "consent-expired": Lack.ENDED,
    "consent-withdrawn": Lack.ENDED,
}


@dataclass(frozen=True, slots=True)
class Part:
    """A resource of a history: its page and how long it may be seen, or why there is none.

    `until` is None where the consent lasts until it is withdrawn. With `problem`, a page is an earlier one.
    """

    page: HistoryPage | None = None
    until: datetime | None = None
    lack: Lack | None = None
    problem: ShikakuError | None = None

    @property
    def is_technical(self) -> bool:
        """Whether a technical failure was the reason: it says nothing about the consent."""
        return self.problem is not None and self.problem.entry.kind is ErrorKind.TECHNICAL

    def has_ended(self, now: datetime) -> bool:
        """Whether what was fetched may no longer be seen."""
        return self.lack is Lack.ENDED or (self.until is not None and self.until <= now)


def membership_of(visit: Visit) -> StoredMembership | None:
    """The membership by which the permits of a visit's person are found; None if nobody was found."""
    if visit.answer is None or not visit.answer.results:
        return None
    first = visit.answer.results[0]
    return StoredMembership(
        insurer_number=first.insurer_number, symbol=first.symbol, number=first.number, branch=first.branch
    )


def permit_for(terminal: PagesTerminal, visit: Visit, category: Category) -> Permit:
    """The permit of a visit's person for a category. Raises TerminalError, as `find_permit` does, and what the fund does not answer."""
    membership = membership_of(visit)
    if membership is None:
        raise TerminalError("exchange-permit-missing")
    wanted = Wanted(membership, (category,))
    try:
        return _kept_or_given_on_own_page(terminal, visit, wanted)
    except TerminalError as problem:
        if problem.code == "exchange-permit-missing" and _had_permit(terminal, visit, wanted):
            raise TerminalError("consent-expired") from problem
        raise


def _kept_or_given_on_own_page(terminal: PagesTerminal, visit: Visit, wanted: Wanted) -> Permit:
    return own_page.permit_for(
        terminal.store,
        lambda record: terminal.funds.call(lambda fund: fund.own_page_consents(record)),
        [visit.answer] if visit.answer is not None else [],
        wanted,
        terminal.clock(),
    )


def _had_permit(terminal: PagesTerminal, visit: Visit, wanted: Wanted) -> bool:
    """Whether there was a permit when the visit began; one that ended may be deleted already."""
    try:
        find_permit(terminal.store, wanted, visit.at)
    except TerminalError:
        return False
    return True


def fetch(
    terminal: PagesTerminal,
    visit: Visit,
    operator: Operator,
    resource: HistoryResource,
    group: Grouping | None,
    *,
    emergency: PermitAnswer | None = None,
) -> Part:
    """Fetch a resource: all of its months and pages. A problem is returned, never raised.

    `emergency`: the permit without consent under which it is read.
    """
    try:
        if emergency is not None:
            page = _read(
                terminal, _accessor(operator, emergency.permit_id, EMERGENCIES_PATH), resource, group
            )
        else:
            permit = permit_for(terminal, visit, CATEGORY_OF[resource])
            accessor = _accessor(operator, permit.permit_id, CONSENTS_PATH)
            try:
                page = _read(terminal, accessor, resource, group)
            except ShikakuError as problem:
                if problem.code in ENDED:
                    terminal.store.drop_permit(permit.permit_id)
                raise
    except ShikakuError as problem:
        return Part(lack=_LACKS.get(problem.code, Lack.FAILED), problem=problem)
    return Part(page, page.available_until)


def may_read_in_emergencies(terminal: PagesTerminal) -> bool:
    """Whether the fund gave this facility the right, which hospitals alone have. Raises ShikakuError if it does not answer."""
    return Right.EMERGENCY in terminal.funds.call(lambda fund: fund.rights())


def _accessor(operator: Operator, permit_id: UUID, path: str) -> Accessor:
    return Accessor(permit_id, operator.role, operator.name, path)


def _read(
    terminal: PagesTerminal, accessor: Accessor, resource: HistoryResource, group: Grouping | None
) -> HistoryPage:
    """All pages of a resource as one. Raises ShikakuError."""
    query = HistoryQuery(group=group)
    history = terminal.funds.call(lambda fund: fetch_history(fund, accessor, (resource,), query, Stopwatch()))
    if history.problem is not None:
        raise history.problem
    return history.pages[resource]
