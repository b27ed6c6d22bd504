"""What an insurer sends about one member, and what it gets back."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Self

from pydantic import ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from eligibility_api.contract import examples
from eligibility_api.contract.codes import CertificateKind, ReasonOfLoss, Relationship, Sex
from eligibility_api.contract.wire import (
    Answer,
    BranchNumber,
    Day,
    InsurerNumber,
    MembershipText,
    PersonText,
    Wire,
)


class RegisterMatch(StrEnum):
    """How a member was found in the resident register: one person, none, or several."""

    ONE = "one"
    NONE = "none"
    AMBIGUOUS = "ambiguous"


class EnrolmentRequest(Wire):
    """`POST /v1/enrolments`: one member, from `acquired_on` on (資格取得), or for a period that has ended already."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.MEMBER]})

    insurer_number: InsurerNumber
    certificate_kind: CertificateKind = CertificateKind.GENERAL
    symbol: MembershipText | None = None
    number: MembershipText
    branch: BranchNumber | None = None
    relationship: Relationship
    name: PersonText
    name_kana: PersonText
    sex: Sex
    birth_date: Day
    postal_code: Annotated[str, StringConstraints(pattern=r"^[0-9]{3}-[0-9]{4}$")] | None = None
    address: PersonText
    acquired_on: Day = Field(description="First insured day.")
    lost_on: Day | None = Field(default=None, description="First uninsured day.")
    reason_of_loss: ReasonOfLoss | None = None

    @model_validator(mode="after")
    def _period(self) -> Self:
        if self.lost_on is not None and self.lost_on <= self.acquired_on:
            raise PydanticCustomError("period", "lost_on must be later than acquired_on")
        if (self.lost_on is None) != (self.reason_of_loss is None):
            raise PydanticCustomError("reason_of_loss", "lost_on and reason_of_loss go together")
        return self


class EndRequest(Wire):
    """`POST /v1/enrolments/end`: a member leaves (資格喪失); the current enrolment is found by its membership."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.END]})

    insurer_number: InsurerNumber
    symbol: MembershipText | None = None
    number: MembershipText
    branch: BranchNumber | None = None
    birth_date: Day
    lost_on: Day = Field(description="First uninsured day.")
    reason_of_loss: ReasonOfLoss


class EnrolmentAnswer(Answer):
    """What the fund now knows: the entitlement's id, how the member was matched, since when this is known."""

    enrolment_id: str
    match: RegisterMatch
    known_from: datetime
    acquired_on: date
    lost_on: date | None
