"""The items that an insurer sends about a member: one table, from which everything that handles an item follows.

Derived from it: the columns of member files, their validation and staging, the digest, the columns of the table
`enrolment`, and how a stored row becomes a value and a value an answer. Declared a second time, with types, and held
equal to it by a test: `contract.enrolment.MemberItems`, `domain.enrolment_version.EnrolmentVersion` and
`contract.eligibility.Enrolment`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, StrEnum, auto

from eligibility_api.contract.codes import (
    CertificateKind,
    LimitCertificateKind,
    LimitClass,
    ReasonOfLoss,
    Relationship,
    Sex,
    SpecificDisease,
)
from eligibility_api.contract.member import ElderlyCertificate, LimitCertificate, SpecificDiseaseCertificate


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
    """As `domain.presenter` decides: the rules S2 to S6."""
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
    Item("valid_to", Kind.DAY, required=True),
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
    Item("name_kana", Kind.KANA, required=True),
    Item("name_alias", Kind.TEXT),
    Item("name_alias_kana", Kind.KANA),
    Item("sex", Kind.CODE, required=True, codes=Sex),
    Item("sex_on_certificate", Kind.CODE, codes=Sex),
    Item("birth_date", Kind.DAY, required=True),
    Item("postal_code", Kind.POSTAL_CODE, disclosure=Disclosure.BY_RULE),
    Item("address", Kind.TEXT, required=True, disclosure=Disclosure.BY_RULE),
    Item("acquired_on", Kind.DAY, required=True),
    Item("lost_on", Kind.DAY, disclosure=Disclosure.BY_RULE),
    Item("reason_of_loss", Kind.CODE, codes=ReasonOfLoss, disclosure=Disclosure.BY_RULE),
    Item("issued_on", Kind.DAY),
    Item("valid_from", Kind.DAY),
    Item("valid_to", Kind.DAY),
    Item("burden_ratio", Kind.PERCENT),
    Item("elderly_certificate", Kind.CERTIFICATE, certificate=_ELDERLY),
    Item("limit_certificate", Kind.CERTIFICATE, certificate=_LIMIT, disclosure=Disclosure.BY_RULE),
    Item("specific_diseases", Kind.CERTIFICATE, certificate=DISEASE, disclosure=Disclosure.BY_RULE),
    Item("nondisclosure", Kind.FLAG, disclosure=Disclosure.NEVER),
    Item("self_disclosure_blocked", Kind.FLAG, disclosure=Disclosure.NEVER),
)
"""The items of the first version, complete: stored digests join every one of them, in this order."""

LATER_ITEMS: tuple[Item, ...] = ()
"""Items added since. The digest of a content, and the version of an answer, contain one only where it is present, so that
a new column changes neither an insurer's next file nor the answers that lack it. A later item is optional and has no
default.
"""

MEMBER_ITEMS = FIRST_ITEMS + LATER_ITEMS
"""All items of a member, except the insurer's number."""
