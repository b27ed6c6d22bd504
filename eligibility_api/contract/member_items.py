"""The table of the items that an insurer sends about a member; all code for an item is derived from it.

Derived from it: the columns of member files, their validation and staging, the digest, the columns of the
table `enrolment`, the value of a stored row, and the answer of a value. The typed declarations are
`MemberItems` (a request), `Enrolment` (an answer) and `domain.enrolment_version.EnrolmentVersion` (a stored
version); a test compares them with the table.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum, StrEnum, auto
from typing import Annotated, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from eligibility_api.contract.codes import (
    CertificateKind,
    LimitCertificateKind,
    LimitClass,
    ReasonOfLoss,
    Relationship,
    Sex,
    SpecificDisease,
)
from eligibility_api.contract.member import (
    BurdenRatio,
    ElderlyCertificate,
    ElderlyCertificateInput,
    LimitCertificate,
    LimitCertificateInput,
    MedicalTicket,
    SpecificDiseaseCertificate,
    SpecificDiseaseInput,
)
from eligibility_api.contract.wire import (
    Answer,
    BranchNumber,
    Day,
    MembershipText,
    PersonKana,
    PersonText,
    PostalCode,
    RequestModel,
)


class Kind(Enum):
    """The kind of value of an item: how a cell is validated, and how the value is stored."""

    TEXT = auto()
    """A name or an address."""
    KANA = auto()
    """The reading of a name, stored in one form however it is written."""
    MEMBERSHIP = auto()
    """A symbol or number, compared without regard to width, spaces and hyphens."""
    BRANCH = auto()
    POSTAL_CODE = auto()
    CODE = auto()
    """A value of the item's code table."""
    DAY = auto()
    PERCENT = auto()
    YEN = auto()
    FLAG = auto()
    """Never absent: false unless it is sent."""
    CERTIFICATE = auto()
    """A group of items, stored as canonical JSON."""


class Disclosure(Enum):
    """Whether answers carry an item."""

    AS_STORED = auto()
    BY_RULE = auto()
    """As `domain.presenter` decides: the rules S2 to S6, S10."""
    NEVER = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """A group of items, one column each: the prefix of the columns, and the model of the group in answers.

    A member may have several of a repeated one: the item is then a list, the columns are numbered.
    """

    prefix: str
    model: type[ElderlyCertificate | LimitCertificate | SpecificDiseaseCertificate]
    items: tuple[Item, ...]
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class Item:
    """One item of a member, or of a group. `default` is stored if an optional item is absent."""

    name: str
    kind: Kind
    required: bool = False
    codes: type[StrEnum] | None = None
    certificate: Certificate | None = None
    default: str | None = None
    disclosure: Disclosure = Disclosure.AS_STORED

    @property
    def nullable(self) -> bool:
        """Whether the stored value may be null."""
        return not self.required and self.default is None and self.kind is not Kind.FLAG


_PERIOD = (
    Item("issued_on", Kind.DAY),
    Item("valid_from", Kind.DAY, required=True),
    Item("valid_to", Kind.DAY),
)

_ELDERLY = Certificate(
    prefix="elderly", model=ElderlyCertificate, items=(*_PERIOD, Item("burden_ratio", Kind.PERCENT))
)
_LIMIT = Certificate(
    prefix="limit",
    model=LimitCertificate,
    items=(
        Item("kind", Kind.CODE, required=True, codes=LimitCertificateKind),
        Item("limit_class", Kind.CODE, required=True, codes=LimitClass),
        *_PERIOD,
        Item("long_term_on", Kind.DAY),
    ),
)
DISEASE = Certificate(
    prefix="disease",
    model=SpecificDiseaseCertificate,
    repeated=True,
    items=(
        Item("disease", Kind.CODE, required=True, codes=SpecificDisease),
        *_PERIOD,
        Item("self_pay", Kind.YEN),
    ),
)

FIRST_ITEMS = (
    Item("certificate_kind", Kind.CODE, codes=CertificateKind, default=CertificateKind.GENERAL.value),
    Item("symbol", Kind.MEMBERSHIP),
    Item("number", Kind.MEMBERSHIP, required=True),
    Item("branch", Kind.BRANCH),
    Item("relationship", Kind.CODE, required=True, codes=Relationship),
    Item("insured_name", Kind.TEXT),
    Item("insured_birth_date", Kind.DAY, disclosure=Disclosure.NEVER),
    Item("name", Kind.TEXT, required=True),
    Item("name_kana", Kind.KANA),
    Item("name_alias", Kind.TEXT),
    Item("name_alias_kana", Kind.KANA),
    Item("sex", Kind.CODE, required=True, codes=Sex),
    Item("sex_on_certificate", Kind.CODE, codes=Sex),
    Item("birth_date", Kind.DAY, required=True),
    Item("postal_code", Kind.POSTAL_CODE, disclosure=Disclosure.BY_RULE),
    Item("address", Kind.TEXT, disclosure=Disclosure.BY_RULE),
    Item("acquired_on", Kind.DAY, required=True),
    Item("lost_on", Kind.DAY, disclosure=Disclosure.BY_RULE),
    Item("reason_of_loss", Kind.CODE, codes=ReasonOfLoss, disclosure=Disclosure.BY_RULE),
    Item("issued_on", Kind.DAY),
    Item("valid_from", Kind.DAY),
    Item("valid_to", Kind.DAY),
    Item("burden_ratio", Kind.PERCENT, disclosure=Disclosure.BY_RULE),
    Item("elderly_certificate", Kind.CERTIFICATE, certificate=_ELDERLY, disclosure=Disclosure.BY_RULE),
    Item("limit_certificate", Kind.CERTIFICATE, certificate=_LIMIT, disclosure=Disclosure.BY_RULE),
    Item("specific_diseases", Kind.CERTIFICATE, certificate=DISEASE, disclosure=Disclosure.BY_RULE),
    Item("nondisclosure", Kind.FLAG, disclosure=Disclosure.NEVER),
    Item("self_disclosure_blocked", Kind.FLAG, disclosure=Disclosure.NEVER),
)
"""The items of the first version, complete: stored digests join every one of them, in this order."""

LATER_ITEMS: tuple[Item, ...] = ()
"""Items added since.

The digest of a content, and the version of an answer, contain one only where it is present, so that
a new column changes neither an insurer's next file nor the answers that lack it. A later item is optional and
has no default.
"""

MEMBER_ITEMS = FIRST_ITEMS + LATER_ITEMS
"""All items of a member, except the insurer's number."""


class MemberItems(RequestModel):
    """Everything that an insurer sends about one member for one period, except the insurer number."""

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
        description="The insured person's birth date: a dependant's cover ends on the insured person's 75th birthday.",
    )
    name: PersonText
    name_kana: PersonKana | None = Field(
        default=None, description="Absent where there is none: foreign residents."
    )
    name_alias: PersonText | None = Field(default=None, description="通称.")
    name_alias_kana: PersonKana | None = None
    sex: Sex
    sex_on_certificate: Sex | None = Field(
        default=None, description="The sex on the certificate, if it is on the back (Sex2)."
    )
    birth_date: Day
    postal_code: PostalCode | None = None
    address: PersonText | None = Field(
        default=None, description="Absent where it may not be sent: protection."
    )
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


class Enrolment(Answer):
    """One entitlement in an answer (資格情報): fields of `ResultOfQualificationConfirmation`."""

    certificate_kind: CertificateKind
    insurer_number: str
    insurer_name: str
    symbol: str | None
    number: str
    branch: str | None
    relationship: Relationship
    insured_name: str | None = Field(description="被保険者（世帯主）氏名.")
    name: str
    name_kana: str | None
    name_alias: str | None
    name_alias_kana: str | None
    sex: Sex
    sex_on_certificate: Sex | None
    birth_date: date
    address: str | None
    postal_code: str | None
    acquired_on: date = Field(description="First insured day (資格取得日).")
    lost_on: date | None = Field(description="First uninsured day (資格喪失日).")
    reason_of_loss: ReasonOfLoss | None
    issued_on: date | None
    valid_from: date | None
    valid_to: date | None
    burden_ratio: int | None = Field(description="Percent; only where a ratio is expected.")
    burden_expected: bool = Field(
        description="Whether a ratio is expected for this member on the day, here or on the elderly certificate. Otherwise"
        " its absence is normal."
    )
    preschool: bool = Field(description="未就学者: until 31 March after the sixth birthday.")
    elderly_certificate: ElderlyCertificate | None = Field(
        description="Only on its own days, and where the age and the scheme know one."
    )
    limit_certificate_consent: bool = Field(
        description="By card true: no consent is asked for. By number as requested."
    )
    limit_certificate_consent_at: datetime | None = Field(
        default=None, description="The instant of that flag: of the tap, or of the request."
    )
    limit_certificate: LimitCertificate | None = Field(
        description="Only with the flag, and if valid on the day."
    )
    specific_disease_consent: bool
    specific_diseases: list[SpecificDiseaseCertificate] = Field(
        description="Only with consent, and if valid on the day."
    )
    medical_tickets: list[MedicalTicket] = Field(
        description="Medical aid: the asking institution's tickets of the month of the day."
    )
