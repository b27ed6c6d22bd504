"""Medical tickets (医療券・調剤券) that a welfare office registers for its recipients, per month."""

from __future__ import annotations

import calendar
from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Self, TypeVar

from pydantic import AfterValidator, ConfigDict, FailFast, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from eligibility_api.contract import examples
from eligibility_api.contract.codes import SingleOrCombined, TicketTreatment, TicketType
from eligibility_api.contract.eligibility import EligibilityAnswer
from eligibility_api.contract.wire import (
    Answer,
    Day,
    InstitutionCode,
    PersonText,
    RecipientNumber,
    Row,
    Text,
)

TICKETS_PATH = "/v1/medical-tickets"

MAX_TICKETS = 1_000


Month = Annotated[
    str,
    StringConstraints(pattern=r"^[1-9][0-9]{3}-(0[1-9]|1[0-2])$", max_length=7),
    Field(examples=["2026-11"]),
]
"""診療年月, YYYY-MM."""


class TicketKey(Row):
    """Identifies a ticket: recipient, month, institution, type and treatment."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.TICKET_KEY]})

    recipient_number: RecipientNumber
    birth_date: Day
    month: Month
    institution_code: InstitutionCode = Field(description="The designated institution (指定医療機関).")
    ticket_type: TicketType
    treatment: TicketTreatment

    @property
    def first_day(self) -> date:
        """The first day of the month."""
        return date.fromisoformat(f"{self.month}-01")


class TicketInput(TicketKey):
    """One complete ticket; it replaces a former one with the same key (OQS 4.2, MedicalTicketInfo)."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.TICKET]})

    institution_name: PersonText | None = Field(
        default=None, description="Default: the name under which the fund admitted the institution."
    )
    single_or_combined: SingleOrCombined = SingleOrCombined.SINGLE
    valid_from: Day = Field(description="First valid day, within the month.")
    valid_to: Day = Field(description="Last valid day, within the month.")
    issue_number: Annotated[Text, StringConstraints(min_length=1, max_length=20)] | None = None
    self_pay: Annotated[int, Field(ge=0, le=9_999_999)] | None = Field(
        default=None, description="本人支払額, yen a month."
    )

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        first = self.first_day
        last = first.replace(day=calendar.monthrange(first.year, first.month)[1])
        if not first <= self.valid_from <= self.valid_to <= last:
            raise PydanticCustomError("ticket_period", "valid_from and valid_to in order, within the month")
        dispensing = self.treatment is TicketTreatment.DISPENSING
        if dispensing != (self.ticket_type is TicketType.DISPENSING):
            raise PydanticCustomError(
                "ticket_treatment", "a dispensing ticket goes with treatment 04 (dispensing) and only with it"
            )
        return self


Tickets = TypeVar("Tickets", bound=Sequence[TicketKey])


def _unique(tickets: Tickets) -> Tickets:
    names = {
        (t.recipient_number, t.birth_date, t.month, t.institution_code, t.ticket_type, t.treatment)
        for t in tickets
    }
    if len(names) < len(tickets):
        raise PydanticCustomError("ticket_twice", "a ticket may occur only once per call")
    return tickets


class TicketsRequest(Row):
    """`POST /v1/medical-tickets`: register or replace tickets of an office's recipients."""

    tickets: Annotated[
        tuple[TicketInput, ...],
        FailFast(),
        Field(min_length=1, max_length=MAX_TICKETS),
        AfterValidator(_unique),
    ]


class TicketsWithdrawal(Row):
    """`POST /v1/medical-tickets/withdraw`: withdraw tickets."""

    tickets: Annotated[
        tuple[TicketKey, ...],
        FailFast(),
        Field(min_length=1, max_length=MAX_TICKETS),
        AfterValidator(_unique),
    ]


class TicketAnswer(Answer):
    """The outcome for one ticket."""

    outcome: str = Field(
        description="`registered`, `replaced`, `unchanged` or `withdrawn`, or the catalogue's code if nothing was done:"
        " `ticket-recipient-unknown`, `ticket-unknown`."
    )


class TicketsAnswer(Answer):
    """The outcome of each ticket, in their order, and since when it shows."""

    known_from: datetime
    tickets: list[TicketAnswer]


class TicketRecipient(Answer):
    """One recipient of a facility's list, about the day of a ticket that is nearest to today.

    As a look-up by the recipient's number would answer, or the code for which it would refuse. Tickets of different
    days have an answer each.
    """

    answer: EligibilityAnswer | None
    code: str | None


class TicketRecipients(Answer):
    """`GET /v1/medical-tickets`: a page of the recipients with a ticket for the asking facility in a month."""

    recipients: list[TicketRecipient]
    next: str | None = Field(description="Cursor of the next page; null at the end.")
