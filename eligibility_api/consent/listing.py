"""A facility's list of its consents: those registered for care at home or online on some days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

from eligibility_api.clients.caller import Caller
from eligibility_api.clients.operator import Operator
from eligibility_api.consent import list_store
from eligibility_api.consent.list_store import ConsentQuery
from eligibility_api.contract.codes import Care, Right
from eligibility_api.contract.consent import ConsentList
from eligibility_api.domain.dates import JAPAN
from eligibility_api.state import State
from eligibility_api.web import cursor

_FIRST_ID = UUID(int=0)
"""Less than every id."""

_LAST_DAY = date.max - timedelta(days=1)
"""The last day that has a next one."""


@dataclass(frozen=True, slots=True)
class Days:
    """The first and the last day of registration, in Japan."""

    first: date
    last: date

    @property
    def beginning(self) -> datetime:
        """The first instant."""
        return datetime.combine(self.first, time(), JAPAN)

    @property
    def end(self) -> datetime:
        """The first instant afterwards."""
        return datetime.combine(min(self.last, _LAST_DAY) + timedelta(days=1), time(), JAPAN)


async def consents(
    state: State,
    caller: Caller,
    operator: Operator,
    care: Care,
    days: Days,
    *,
    after: str | None,
    limit: int,
) -> ConsentList:
    """A page of the consents of the caller's facility. Those of protected persons are left out (W6).

    Raises `right-missing`, `client-closed`, `cursor-invalid`.
    """
    caller.require(Right.CONSENT)
    beginning = days.beginning, _FIRST_ID
    position = max(beginning, cursor.decode_named_position(after)) if after is not None else beginning
    query = ConsentQuery(care, position, days.end, limit)
    page = await list_store.consents(state.database, caller, query, operator)
    last = page[-1].status if len(page) == limit else None
    return ConsentList(
        consents=[listed.status for listed in page if listed.outcome == "done"],
        next=cursor.encode((last.given_at, last.consent_id)) if last is not None else None,
    )
