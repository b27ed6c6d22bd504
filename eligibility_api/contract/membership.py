"""Identification of a membership: in a look-up, in a registration, and by its insurer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Self

from pydantic import Field, ValidationError, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

from eligibility_api.contract.identifiers import (
    UnreadableIdentifier,
    is_late_elderly,
    is_welfare_office,
    recipient_number,
)
from eligibility_api.contract.wire import BranchNumber, Day, InsurerNumber, MembershipText, RequestModel


class StatedMembership(RequestModel):
    """The membership that the card's holder states. Only compared with the data of J-LIS and insurers."""

    insurer_number: InsurerNumber
    symbol: MembershipText | None = None
    number: MembershipText
    branch: BranchNumber | None = Field(
        default=None, description="Without it several family members may match: validity 5."
    )

    @model_validator(mode="after")
    def _scheme(self) -> Self:
        # A membership that the scheme cannot have is refused: it would match nobody, and count as a miss.
        if len(self.insurer_number) == 8 and (faults := list(_scheme_faults(self))):
            raise ValidationError.from_exception_data(type(self).__name__, faults, hide_input=True)
        return self


class MembershipQuery(StatedMembership):
    """A membership as printed on a certificate, with the birth date. Width, case and hyphens do not matter."""

    birth_date: Day


class MembershipKey(MembershipQuery):
    """Identifies one of an insurer's own memberships. Width, case and hyphens do not matter."""


class PeriodKey(MembershipKey):
    """Identifies one period of a membership."""

    acquired_on: Day | None = Field(
        default=None, description="First day of the period as stored; default: the latest period."
    )


def _scheme_faults(asked: StatedMembership) -> Iterator[InitErrorDetails]:
    """What a membership of medical aid, or of the late-elderly scheme, cannot have (OQS 4.2, 12)."""
    if is_welfare_office(asked.insurer_number):
        try:
            recipient_number(asked.number)
        except UnreadableIdentifier:
            yield _fault(
                "number", PydanticCustomError("recipient_number", "a recipient number of seven digits")
            )
        for name in ("symbol", "branch"):
            if getattr(asked, name) is not None:
                yield _fault(name, PydanticCustomError("scheme", "medical aid has no symbol and no branch"))
    elif is_late_elderly(asked.insurer_number) and asked.branch is not None:
        yield _fault("branch", PydanticCustomError("scheme", "the late-elderly scheme has no branches"))


def _fault(place: str, rule: PydanticCustomError) -> InitErrorDetails:
    return InitErrorDetails(type=rule, loc=(place,), input=None)
