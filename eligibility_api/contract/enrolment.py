"""What an insurer sends about one member, and what it gets back."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Self

from pydantic import ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from eligibility_api.contract import examples
from eligibility_api.contract.codes import CertificateKind, InsurerKind, ReasonOfLoss, Relationship, Sex
from eligibility_api.contract.member import (
    BurdenRatio,
    ElderlyCertificateInput,
    LimitCertificateInput,
    PostalCode,
    SpecificDiseaseInput,
    insurer_kind,
)
from eligibility_api.contract.membership import MembershipKey, PeriodKey
from eligibility_api.contract.numbers import is_beneficiary_number, is_late_elderly_number
from eligibility_api.contract.wire import (
    Answer,
    BranchNumber,
    Day,
    InsurerNumber,
    MembershipText,
    PersonKana,
    PersonText,
    RequestModel,
)

IDEMPOTENCY_KEY = "Idempotency-Key"
"""The header by which a repeated call is known: 1 to 64 visible ASCII characters, new for each change."""


class RegisterMatch(StrEnum):
    """How a member was found in the resident register: one person, none, several, or another than before."""

    ONE = "one"
    NONE = "none"
    AMBIGUOUS = "ambiguous"
    OTHER = "other"


class Mismatch(StrEnum):
    """Whether the insurer's items and the resident register disagree; `open` until the insurer confirms."""

    NONE = "none"
    OPEN = "open"
    CONFIRMED = "confirmed"


class MemberItems(RequestModel):
    """Everything that an insurer says of one member for one period, but for whose member she is."""

    certificate_kind: CertificateKind = CertificateKind.GENERAL
    symbol: MembershipText | None = None
    number: MembershipText
    branch: BranchNumber | None = None
    relationship: Relationship
    insured_name: PersonText | None = Field(
        default=None, description="被保険者（世帯主）氏名, for a dependant."
    )
    insured_birth_date: Day | None = Field(
        default=None,
        description="The insured person's birth date: a dependant's cover ends on that 75th birthday.",
    )
    name: PersonText
    name_kana: PersonKana
    name_alias: PersonText | None = Field(default=None, description="通称.")
    name_alias_kana: PersonKana | None = None
    sex: Sex
    sex_on_certificate: Sex | None = Field(
        default=None, description="As the certificate shows it, where that is on its back (Sex2)."
    )
    birth_date: Day
    postal_code: PostalCode | None = None
    address: PersonText
    acquired_on: Day = Field(description="First insured day.")
    lost_on: Day | None = Field(default=None, description="First uninsured day.")
    reason_of_loss: ReasonOfLoss | None = None
    issued_on: Day | None = Field(default=None, description="Day on which the certificate was issued (交付).")
    valid_from: Day | None = Field(default=None, description="The certificate's first valid day.")
    valid_to: Day | None = Field(default=None, description="The certificate's last valid day.")
    burden_ratio: BurdenRatio | None = Field(default=None, description="Percent; late-elderly scheme only.")
    elderly_certificate: ElderlyCertificateInput | None = None
    limit_certificate: LimitCertificateInput | None = None
    specific_diseases: Annotated[tuple[SpecificDiseaseInput, ...], Field(max_length=3)] = ()
    nondisclosure: bool = Field(default=False, description="不開示該当フラグ: no address, no access view.")
    self_disclosure_blocked: bool = Field(
        default=False, description="自己情報提供不可フラグ: no card use, portal or clinical view."
    )

    @model_validator(mode="after")
    def _period(self) -> Self:
        if self.lost_on is not None and self.lost_on <= self.acquired_on:
            raise PydanticCustomError("period", "lost_on must be later than acquired_on")
        if (self.lost_on is None) != (self.reason_of_loss is None):
            raise PydanticCustomError("reason_of_loss", "lost_on and reason_of_loss go together")
        return self


class EnrolmentRequest(MemberItems):
    """`POST /v1/enrolments`: one member, from `acquired_on` on (資格取得), or for a period that has ended already."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.MEMBER]})

    insurer_number: InsurerNumber

    @model_validator(mode="after")
    def _scheme(self) -> Self:
        welfare_office = insurer_kind(self.insurer_number) is InsurerKind.WELFARE_OFFICE
        if (self.certificate_kind is CertificateKind.MEDICAL_AID) != welfare_office:
            raise PydanticCustomError(
                "medical_aid", "certificate kind A1 is for welfare offices, and their only one"
            )
        if welfare_office:
            _check_recipient(self)
        elif is_late_elderly_number(self.insurer_number):
            _check_late_elderly(self)
        return self


def _check_recipient(member: MemberItems) -> None:
    """医療扶助 has recipients and no family (OQS 4.2, 12): a 受給者番号 alone names one."""
    alone = member.symbol is None and member.branch is None and member.relationship is Relationship.INSURED
    if not (alone and is_beneficiary_number(member.number)):
        raise PydanticCustomError(
            "recipient", "a number of seven digits with its check digit, no symbol, no branch, insured"
        )


def _check_late_elderly(member: MemberItems) -> None:
    """後期高齢者医療 insures each person herself, without branch (OQS 12): from 75, with a disability from 65."""
    born, acquired = member.birth_date, member.acquired_on
    turned_65 = (born.year + 65, born.month, born.day) <= (acquired.year, acquired.month, acquired.day)
    if not (turned_65 and member.branch is None and member.relationship is Relationship.INSURED):
        raise PydanticCustomError("late_elderly", "65 years or older, insured, no branch")


class EndRequest(MembershipKey):
    """`POST /v1/enrolments/end`: a member leaves (資格喪失); the current enrolment is found by its membership."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.END]})

    lost_on: Day = Field(description="First uninsured day.")
    reason_of_loss: ReasonOfLoss


class CorrectionRequest(RequestModel):
    """`POST /v1/enrolments/correct`: a period as it should have been told, whole (資格訂正). What stands in `member`
    replaces what was said; another membership in it takes the period over.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [examples.CORRECTION]})

    former: PeriodKey
    member: EnrolmentRequest


class MoveRequest(PeriodKey):
    """`POST /v1/enrolments/move`: a member lives elsewhere (住所変更)."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.MOVE]})

    address: PersonText
    postal_code: PostalCode | None = None


class BranchRequest(PeriodKey):
    """`POST /v1/enrolments/branch`: a member gets another branch number (枝番); the period goes on under it."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.BRANCH]})

    new_branch: BranchNumber

    @model_validator(mode="after")
    def _has_branches(self) -> Self:
        if insurer_kind(self.insurer_number) is InsurerKind.WELFARE_OFFICE:
            raise PydanticCustomError("recipient", "recipients of medical aid have no branch")
        if is_late_elderly_number(self.insurer_number):
            raise PydanticCustomError("late_elderly", "the late-elderly scheme has no branches")
        return self


class WithdrawRequest(PeriodKey):
    """`POST /v1/enrolments/withdraw`: the enrolment never was (資格取得取消)."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.MEMBERSHIP_KEY]})


class EnrolmentAnswer(Answer):
    """What the fund now knows: the entitlement's id, how the member was matched, since when this is known."""

    enrolment_id: str
    match: RegisterMatch
    known_from: datetime
    acquired_on: date
    lost_on: date | None
