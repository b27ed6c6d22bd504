"""The lists of the fake fund: a facility's consents, and the recipients with a ticket for it, in pages."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, TypeVar
from uuid import UUID

import httpx2

from clinic_terminal.clock import JAPAN
from eligibility_api.contract.codes import Care, Category
from eligibility_api.contract.consent import Basis, ConsentList, ConsentStatus
from eligibility_api.contract.tickets import TicketRecipient, TicketRecipients
from tests.builders.clinic import samples

Listed = TypeVar("Listed")


@dataclass
class FakeLists:
    """`page`: how many a page has. `queries`: what was asked."""

    consents: list[ConsentStatus] = field(default_factory=list)
    recipients: list[TicketRecipient] = field(default_factory=list)
    page: int = 2
    queries: list[dict[str, str]] = field(default_factory=list)

    def list_consents(self, request: httpx2.Request) -> ConsentList:
        query = self._query(request)
        found = [one for one in self.consents if one.care == query["care"] and _is_given(one, query)]
        page, after = self._page(found, query)
        return ConsentList(consents=page, next=after)

    def list_recipients(self, request: httpx2.Request) -> TicketRecipients:
        page, after = self._page(self.recipients, self._query(request))
        return TicketRecipients(recipients=page, next=after)

    def _query(self, request: httpx2.Request) -> dict[str, str]:
        self.queries.append(dict(request.url.params))
        return self.queries[-1]

    def _page(self, found: list[Listed], query: dict[str, str]) -> tuple[list[Listed], str | None]:
        first = int(query.get("after", "0"))
        last = first + self.page
        return found[first:last], str(last) if last < len(found) else None


def _is_given(consent: ConsentStatus, query: dict[str, str]) -> bool:
    first, last = (date.fromisoformat(query[name]) for name in ("given_from", "given_to"))
    return first <= consent.given_at.astimezone(JAPAN).date() <= last


def status(consent_id: UUID, **changes: Any) -> ConsentStatus:
    """A consent to home visits."""
    fields: dict[str, Any] = {
        "consent_id": consent_id,
        "basis": Basis.PIN,
        "care": Care.HOME_VISIT,
        "categories": [Category.MEDICATION],
        "given_at": samples.NOW,
        "available_until": None,
        "ended_at": None,
        "end_reason": None,
    }
    return ConsentStatus(**fields | changes)


def later(days: int = 1) -> dict[str, Any]:
    """Of a consent to a consultation in so many days."""
    return {
        "care": Care.ONLINE,
        "available_from": samples.NOW + timedelta(days=days),
        "available_until": samples.NOW + timedelta(days=days, hours=12),
    }
