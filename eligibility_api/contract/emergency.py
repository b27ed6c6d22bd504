"""Access without consent: in an emergency (救急時医療情報閲覧), and in disaster mode (災害時医療情報閲覧)."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

from pydantic import ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from eligibility_api.contract import examples
from eligibility_api.contract.codes import Category, Role, Sex
from eligibility_api.contract.consent import Basis, Categories
from eligibility_api.contract.membership import MembershipQuery
from eligibility_api.contract.wire import NOT_BLANK, Answer, Day, OperatorName, PersonText, RequestModel, Text

EMERGENCIES_PATH = "/v1/emergencies"
DISASTER_SEARCHES_PATH = "/v1/disaster-searches"
DISASTER_PATH = "/v1/disaster-permits"


class EmergencyReason(StrEnum):
    """Why the patient cannot be asked. Our own list: the real one is not public."""

    UNCONSCIOUS = "unconscious"
    LIFE_THREATENING = "life-threatening"
    CANNOT_EXPRESS = "cannot-express"


class EmergencyRequest(RequestModel):
    """`POST /v1/emergencies`: a permit without consent, with its reason; shown to the patient."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.EMERGENCY]})

    identified_by: UUID = Field(
        description="`record_id` of this facility's eligibility answer about the patient, of the last ten minutes."
    )
    reason: EmergencyReason
    note: Annotated[Text, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), NOT_BLANK]
    categories: Categories
    operator: OperatorName
    role: Role
    one_time_password: Annotated[str, StringConstraints(pattern=r"^[0-9]{6}$", max_length=6)] = Field(
        description="From the operator's registered second factor (TOTP, RFC 6238)."
    )


class DisasterSearch(RequestModel):
    """`POST /v1/disaster-searches`: who a patient without a card is, and her insurance, in disaster mode.

    Disaster mode must be on for the facility. The person is found by her items or by a membership.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [examples.DISASTER_SEARCH]})

    name: PersonText | None = None
    name_kana: PersonText | None = None
    birth_date: Day | None = None
    sex: Sex | None = None
    address: PersonText | None = None
    membership: MembershipQuery | None = None
    operator: OperatorName

    @model_validator(mode="after")
    def _one_way(self) -> DisasterSearch:
        items = [
            item is not None
            for item in (self.name or self.name_kana, self.birth_date, self.sex, self.address)
        ]
        if any(items) if self.membership is not None else not all(items):
            raise PydanticCustomError("search", "either name, birth date, sex and address, or a membership")
        return self


class FoundMembership(Answer):
    """An insurance of the person found, as a claim needs it."""

    insurer_number: str
    insurer_name: str
    symbol: str | None
    number: str
    branch: str | None


class FoundPerson(Answer):
    """The eligibility of the one person whom a search in disaster mode found."""

    record_id: str = Field(description="Identifies the person in `POST /v1/disaster-permits`.")
    memberships: list[FoundMembership] = Field(description="What holds today; empty: nothing.")


class DisasterConsent(StrEnum):
    """On what ground the histories of a person found in disaster mode are read; shown to her."""

    ORAL = "oral"
    """She consented orally."""
    UNCONSCIOUS = "unconscious"
    """She could not be asked."""


class DisasterPermitRequest(RequestModel):
    """`POST /v1/disaster-permits`: a permit for the person found, with her consent or why there is none."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.DISASTER_PERMIT]})

    identified_by: UUID = Field(
        description="`record_id` of this facility's search of the last ten minutes that found the person."
    )
    consent: DisasterConsent
    categories: Categories
    operator: OperatorName
    role: Role


class PermitAnswer(Answer):
    """A permit without consent."""

    permit_id: UUID
    basis: Literal[Basis.EMERGENCY, Basis.DISASTER]
    categories: list[Category]
    given_at: datetime
    available_until: datetime
    record_id: str
    notice: str = Field(
        description="Notice for the operator: the access is recorded and shown to the patient."
    )
