"""Changes of one member by an insurer: requests and answers."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Self

from pydantic import ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from eligibility_api.contract import examples
from eligibility_api.contract.codes import CertificateKind, InsurerKind, ReasonOfLoss, Relationship
from eligibility_api.contract.identifiers import UnreadableIdentifier, is_late_elderly, recipient_number
from eligibility_api.contract.member import insurer_kind
from eligibility_api.contract.member_items import MemberItems
from eligibility_api.contract.membership import MembershipKey, PeriodKey
from eligibility_api.contract.wire import (
    Answer,
    BranchNumber,
    Day,
    InsurerNumber,
    PersonText,
    PostalCode,
    RequestModel,
)

IDEMPOTENCY_KEY = "Idempotency-Key"
"""The header that identifies a repeated call: 1 to 64 visible ASCII characters, new for each change."""


class RegisterMatch(StrEnum):
    """The result of the query to the resident register: one person, none, several, or another than before.

    `variant`: nobody is spelled so, but exactly one person whose items are equal in folded form. She is proposed;
    the member is linked to her once the insurer confirms it.

    `contested`: one person, whom another insurer insures and whose card the change would close. Another key of
    the insurer has to confirm it.
    """

    ONE = "one"
    VARIANT = "variant"
    NONE = "none"
    AMBIGUOUS = "ambiguous"
    OTHER = "other"
    CONTESTED = "contested"


class Mismatch(StrEnum):
    """Whether the insurer's items and the resident register disagree; `open` until the insurer confirms."""

    NONE = "none"
    OPEN = "open"
    CONFIRMED = "confirmed"


class SpelledItem(StrEnum):
    """The items that have several spellings."""

    NAME = "name"
    NAME_KANA = "name_kana"
    ADDRESS = "address"


class FoldingKind(StrEnum):
    """How two spellings of an item differ (rule J3)."""

    ADDRESS = "address"
    """Numerals and units of block and lot, 大字, ケ and ヶ, the prefecture."""
    CHARACTER = "character"
    """Variants of a character (異体字)."""
    KANA = "kana"
    """Hiragana, small kana, and kana that sound alike today."""
    CASE = "case"
    PUNCTUATION = "punctuation"
    """Hyphens, long-vowel marks, middle dots, apostrophes, commas, full stops."""
    MISSING = "missing"
    """● stands for a character."""


class Difference(Answer):
    """An item that is spelled otherwise in the register, and the kind of difference; never the register's value."""

    item: SpelledItem
    kind: FoldingKind


class EnrolmentRequest(MemberItems):
    """`POST /v1/enrolments`: one member, from `acquired_on` on (資格取得), or for a period that has ended."""

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
        elif is_late_elderly(self.insurer_number):
            _check_late_elderly(self)
        return self


def _check_recipient(member: MemberItems) -> None:
    """医療扶助 has recipients and no family (OQS 4.2, 12): a 受給者番号 alone identifies one."""
    alone = member.symbol is None and member.branch is None and member.relationship is Relationship.INSURED
    if not (alone and _is_recipient_number(member.number)):
        raise PydanticCustomError(
            "recipient", "a number of seven digits with its check digit, no symbol, no branch, insured"
        )


def _is_recipient_number(text: str) -> bool:
    try:
        return bool(recipient_number(text))
    except UnreadableIdentifier:
        return False


def _check_late_elderly(member: MemberItems) -> None:
    """後期高齢者医療 insures each person alone, without branch (OQS 12): from 75, with a disability from 65."""
    born, acquired = member.birth_date, member.acquired_on
    turned_65 = (born.year + 65, born.month, born.day) <= (acquired.year, acquired.month, acquired.day)
    if not (turned_65 and member.branch is None and member.relationship is Relationship.INSURED):
        raise PydanticCustomError("late_elderly", "65 years or older, insured, no branch")


class EndRequest(MembershipKey):
    """`POST /v1/enrolments/end`: end a member's current enrolment (資格喪失)."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.END]})

    lost_on: Day = Field(description="First uninsured day.")
    reason_of_loss: ReasonOfLoss


class CorrectionRequest(RequestModel):
    """`POST /v1/enrolments/correct`: replace a period by the correct one (資格訂正).

    `member` is complete and replaces the former content; with another membership in it, the period moves to
    that membership.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [examples.CORRECTION]})

    former: PeriodKey
    member: EnrolmentRequest


class MoveRequest(PeriodKey):
    """`POST /v1/enrolments/move`: change a member's address (住所変更)."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.MOVE]})

    address: PersonText
    postal_code: PostalCode | None = None


class BranchRequest(PeriodKey):
    """`POST /v1/enrolments/branch`: change a member's branch number (枝番); the period continues under it."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.BRANCH]})

    new_branch: BranchNumber

    @model_validator(mode="after")
    def _has_branches(self) -> Self:
        if insurer_kind(self.insurer_number) is InsurerKind.WELFARE_OFFICE:
            raise PydanticCustomError("recipient", "recipients of medical aid have no branch")
        if is_late_elderly(self.insurer_number):
            raise PydanticCustomError("late_elderly", "the late-elderly scheme has no branches")
        return self


class WithdrawRequest(PeriodKey):
    """`POST /v1/enrolments/withdraw`: withdraw an enrolment that should never have existed (資格取得取消)."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.MEMBERSHIP_KEY]})


class EnrolmentAnswer(Answer):
    """The new state: the entitlement's id, the register match, and since when this is known."""

    enrolment_id: str
    match: RegisterMatch
    differences: list[Difference] = Field(
        default=[], description="With `variant`: how the member is spelled otherwise in the register."
    )
    known_from: datetime
    acquired_on: date
    lost_on: date | None
