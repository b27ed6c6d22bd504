"""Groups of a member's items: certificates and medical tickets, in requests and answers.

Each group has two models: `…Input` for requests, which rejects unknown members, and the plain name for
answers, of which clients ignore unknown members.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import BaseModel, Field, model_validator
from pydantic_core import PydanticCustomError

from eligibility_api.contract.codes import (
    InsurerKind,
    LimitCertificateKind,
    LimitClass,
    SingleOrCombined,
    SpecificDisease,
    TicketTreatment,
    TicketType,
)
from eligibility_api.contract.identifiers import is_welfare_office
from eligibility_api.contract.wire import Answer, Day, RequestModel

BurdenRatio = Literal[10, 20, 30]
"""負担割合 in percent."""


def insurer_kind(insurer_number: str) -> InsurerKind:
    """The kind of insurer of a number: a 公費負担者番号 of law 12 belongs to a welfare office."""
    return InsurerKind.WELFARE_OFFICE if is_welfare_office(insurer_number) else InsurerKind.INSURER


class _Period(BaseModel):
    issued_on: Day | None = None
    valid_from: Day = Field(description="First valid day.")
    valid_to: Day | None = Field(default=None, description="Last valid day; null: no last day is set.")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.valid_to is not None and self.valid_to < self.valid_from:
            raise PydanticCustomError("period", "valid_to must not be earlier than valid_from")
        return self


class _ElderlyCertificateItems(_Period):
    burden_ratio: BurdenRatio | None = Field(default=None, description="Percent.")


class _LimitCertificateItems(_Period):
    kind: LimitCertificateKind
    limit_class: LimitClass
    long_term_on: Day | None = Field(
        default=None, description="長期入院該当: the first day of reduced meal costs."
    )


class _SpecificDiseaseItems(_Period):
    disease: SpecificDisease
    self_pay: Annotated[int, Field(ge=0, le=20_000)] | None = Field(default=None, description="Yen a month.")


class ElderlyCertificateInput(_ElderlyCertificateItems, RequestModel):
    """高齢受給者証 in a request (70 to 74 years)."""


class LimitCertificateInput(_LimitCertificateItems, RequestModel):
    """限度額適用認定証 in a request."""


class SpecificDiseaseInput(_SpecificDiseaseItems, RequestModel):
    """特定疾病療養受療証 in a request."""


class ElderlyCertificate(_ElderlyCertificateItems, Answer):
    """高齢受給者証 (ElderlyRecipientCertificateInfo)."""


class LimitCertificate(_LimitCertificateItems, Answer):
    """限度額適用認定証 (LimitApplicationCertificateRelatedInfo)."""


class SpecificDiseaseCertificate(_SpecificDiseaseItems, Answer):
    """特定疾病療養受療証 (SpecificDiseasesCertificateInfo)."""


class MedicalTicket(Answer):
    """医療券 or 調剤券 (MedicalTicketInfo) of one month for one designated institution."""

    ticket_type: TicketType
    month: str = Field(description="診療年月, YYYY-MM.")
    valid_from: date
    valid_to: date
    issue_number: str | None
    institution_code: str
    institution_name: str | None
    treatment: TicketTreatment
    single_or_combined: SingleOrCombined
    self_pay: int | None = Field(description="本人支払額, yen a month.")
