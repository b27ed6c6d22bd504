"""A facility's list of tickets (医療券・調剤券): who has one for it in a month, answered as by the recipient's number."""

from __future__ import annotations

import calendar
from datetime import date

from eligibility_api.clients.caller import Caller
from eligibility_api.clients.operator import Operator
from eligibility_api.contract.codes import Right
from eligibility_api.contract.eligibility import EligibilityAnswer
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.contract.tickets import TicketRecipient, TicketRecipients
from eligibility_api.domain import eligibility as rules
from eligibility_api.domain.dates import day_in_japan
from eligibility_api.domain.enrolment_version import Channel
from eligibility_api.eligibility.service import with_reference
from eligibility_api.state import State
from eligibility_api.tickets import recipient_store
from eligibility_api.tickets.recipient_store import Recipient, TicketQuery
from eligibility_api.web import cursor


async def recipients(
    state: State, caller: Caller, operator: Operator, *, month: date, after: str | None, limit: int
) -> TicketRecipients:
    """A page of the recipients with a ticket for the caller's facility in the month that begins on `month`.

    Raises `right-missing`, `client-closed`, `cursor-invalid`, and `as-of-out-of-range` for a month that the fund does
    not answer for (rule D9).
    """
    caller.require(Right.ELIGIBILITY)
    today = day_in_japan(state.clock())
    last = month.replace(day=calendar.monthrange(month.year, month.month)[1])
    rules.check_day(max(month, min(today, last)), today)
    position = cursor.decode_number(after) if after is not None else 0
    query = TicketQuery(month, today, position, limit)
    page = await recipient_store.recipients(state.database, caller, query, operator)
    return TicketRecipients(
        recipients=[_recipient(state, caller, one) for one in page.recipients],
        next=cursor.encode(page.after) if page.after is not None else None,
    )


def _recipient(state: State, caller: Caller, found: Recipient) -> TicketRecipient:
    """The answer about one recipient, or the code of the rule that refuses it (P3)."""
    inputs = rules.AnswerInputs(
        record_id=str(found.record_id),
        answered_at=found.recorded_at,
        as_of=found.as_of,
        channel=Channel.NUMBER,
        facility_kind=found.facility_kind,
        institution_code=caller.institution(),
        person_key=found.person_key,
        enrolments=found.enrolments,
        asked=found.asked,
    )
    try:
        answer = rules.answer(inputs, version_key=state.keys.version)
    except ShikakuError as error:
        return TicketRecipient(answer=None, code=error.code)
    assert isinstance(answer, EligibilityAnswer)  # the request names no known version
    return TicketRecipient(answer=with_reference(answer, found.reference_number), code=None)
