"""Validation of medical tickets: one month, days in order, unique per call."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from eligibility_api.contract.examples import TICKET, TICKET_KEY
from eligibility_api.contract.tickets import TicketInput, TicketKey, TicketsRequest, TicketsWithdrawal

days = st.dates(date(2020, 1, 1), date(2030, 12, 31))


def accepted(ticket: dict[str, Any]) -> bool:
    try:
        TicketInput.model_validate(ticket)
    except ValidationError:
        return False
    return True


@given(days, days, days)
def test_the_days_are_in_order_within_the_month(month: date, valid_from: date, valid_to: date) -> None:
    inside = {(day.year, day.month) for day in (month, valid_from, valid_to)} == {(month.year, month.month)}
    ticket = TICKET | {"month": f"{month:%Y-%m}", "valid_from": valid_from, "valid_to": valid_to}
    assert accepted(ticket) == (inside and valid_from <= valid_to)


@given(days)
def test_a_whole_month_is_accepted(month: date) -> None:
    whole = {"month": f"{month:%Y-%m}", "valid_from": month.replace(day=1), "valid_to": month}
    assert accepted(TICKET | whole)
    assert TicketKey.model_validate(TICKET_KEY | {"month": whole["month"]}).first_day == month.replace(day=1)


@pytest.mark.parametrize("ticket_type", ["01", "02"])
@pytest.mark.parametrize("treatment", ["01", "02", "03", "04", "05"])
def test_dispensing_tickets_go_with_dispensing_only(ticket_type: str, treatment: str) -> None:
    ticket = TICKET | {"ticket_type": ticket_type, "treatment": treatment}
    assert accepted(ticket) == ((ticket_type == "02") == (treatment == "04"))


@pytest.mark.parametrize(("model", "ticket"), [(TicketsRequest, TICKET), (TicketsWithdrawal, TICKET_KEY)])
def test_a_ticket_occurs_once_per_call(
    model: type[TicketsRequest] | type[TicketsWithdrawal], ticket: dict[str, Any]
) -> None:
    other = ticket | {"treatment": "01"}
    assert len(model.model_validate({"tickets": [ticket, other]}).tickets) == 2
    with pytest.raises(ValidationError, match="once"):
        model.model_validate({"tickets": [ticket, other, ticket]})


@pytest.mark.parametrize("count", [0, 1_001])
def test_a_call_has_1_to_1_000_tickets(count: int) -> None:
    with pytest.raises(ValidationError):
        TicketsWithdrawal.model_validate({"tickets": [TICKET_KEY] * count})


@pytest.mark.parametrize("model", [TicketsRequest, TicketsWithdrawal])
def test_validation_stops_at_the_first_faulty_ticket(
    model: type[TicketsRequest] | type[TicketsWithdrawal],
) -> None:
    with pytest.raises(ValidationError) as refused:
        model.model_validate({"tickets": [{}] * 100_000})
    assert {error["loc"][:2] for error in refused.value.errors()} <= {("tickets",), ("tickets", 0)}
