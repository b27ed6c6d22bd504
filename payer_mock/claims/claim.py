"""A claim to be written: who was treated, where, with what.

Plain values, also filled from a description in JSON. Medicines and acts are grouped in units, as claims count
them (OQS 13.2, 13.3); a unit has its points for one day or dose.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Annotated

from pydantic import BeforeValidator, ConfigDict, Field, StringConstraints

from eligibility_api.contract.claim_codes import ACT_BY_DOSAGE_FORM, ACTS, USAGE_WRITTEN
from eligibility_api.contract.codes import Relationship, Sex
from eligibility_api.contract.identifiers import is_welfare_office
from eligibility_api.contract.wire import (
    BranchNumber,
    Day,
    InstitutionCode,
    InsurerNumber,
    MembershipText,
    PayerNumber,
)


def _first_day(value: object) -> object:
    return f"{value}-01" if isinstance(value, str) else value


Month = Annotated[date, BeforeValidator(_first_day), Field(examples=["2026-10"])]
"""A month as its first day; YYYY-MM in JSON."""

Cell = Annotated[str, StringConstraints(pattern=r"^[^,\x00-\x1f\x7f]+$", max_length=100)]
"""A text of a claim: no comma, since claim files have no quoting, and no control character."""

NineDigits = Annotated[str, StringConstraints(pattern=r"^[0-9]{9}$")]
"""医薬品コード, 診療行為コード or 特定器材コード."""

Quantity = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,5}(\.[0-9]{1,5})?$")]
"""使用量 or 数量: a decimal."""

ActCode = Annotated[str, StringConstraints(pattern=f"^({'|'.join(ACTS)})$")]
FormCode = Annotated[str, StringConstraints(pattern=f"^({'|'.join(ACT_BY_DOSAGE_FORM)})$")]
UsageCode = Annotated[str, StringConstraints(pattern=r"^[0-9]{3}$")]
Points = Annotated[int, Field(ge=0, le=9_999_999)]
Times = Annotated[int, Field(ge=1, le=999)]
DayOfMonth = Annotated[int, Field(ge=1, le=31)]

STRICT = ConfigDict(extra="forbid", hide_input_in_errors=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicExpense:
    """公費: pays the part that the insurance does not cover; 負担者番号 and 受給者番号."""

    __pydantic_config__ = STRICT

    payer_number: PayerNumber
    recipient_number: Annotated[str, StringConstraints(pattern=r"^[0-9]{7}$")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """The patient as on her certificate.

    A welfare office's number means medical aid: KO alone, without HO.
    """

    __pydantic_config__ = STRICT

    insurer_number: InsurerNumber
    number: MembershipText
    birth_date: Day
    name: Cell
    sex: Sex
    symbol: MembershipText | None = None
    branch: BranchNumber | None = None
    relationship: Relationship = Relationship.INSURED
    public_expense: PublicExpense | None = None

    @property
    def on_medical_aid_only(self) -> bool:
        """Whether only public expense pays (公費単独)."""
        return is_welfare_office(self.insurer_number)


@dataclass(frozen=True, slots=True, kw_only=True)
class Institution:
    """The claiming or prescribing institution."""

    __pydantic_config__ = STRICT

    code: InstitutionCode
    name: Cell


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A medicine, an act or a material with its quantity.

    Per day or dose; in total for external medicines.
    """

    __pydantic_config__ = STRICT

    code: NineDigits
    quantity: Quantity | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Disease:
    """傷病名: by its code, or as text where the code is 0000999."""

    __pydantic_config__ = STRICT

    began_on: Day
    code: Annotated[str, StringConstraints(pattern=r"^[0-9]{7}$")] = "0000999"
    name: Cell | None = None
    modifiers: tuple[Annotated[str, StringConstraints(pattern=r"^[0-9]{4}$")], ...] = ()
    outcome: Annotated[str, StringConstraints(pattern=r"^[1-4]$")] = "1"
    main: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """算定単位 of a medical claim.

    `days`: times on each day of the month; 内服: days of supply on the day of dispensing.
    """

    __pydantic_config__ = STRICT

    act: ActCode
    days: Mapping[DayOfMonth, Times] = field(default_factory=dict)
    acts: tuple[Item, ...] = ()
    drugs: tuple[Item, ...] = ()
    materials: tuple[Item, ...] = ()
    points: Points = 1
    comment: Cell | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MedicalClaim:
    """医科. Of an inpatient if `admitted_on` is set."""

    __pydantic_config__ = STRICT

    institution: Institution
    member: Member
    treatment_month: Month
    admitted_on: Day | None = None
    diseases: tuple[Disease, ...] = ()
    units: tuple[Unit, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Supply:
    """One dispensing of a prescription: days of prescribing and dispensing, and number of days or doses."""

    __pydantic_config__ = STRICT

    prescribed_on: Day
    dispensed_on: Day
    times: Times


@dataclass(frozen=True, slots=True, kw_only=True)
class Prescription:
    """剤 of a pharmacy's claim: medicines taken together. For usage 900 the text is in `instruction`."""

    __pydantic_config__ = STRICT

    form: FormCode
    drugs: Annotated[tuple[Item, ...], Field(min_length=1)]
    supplies: Annotated[tuple[Supply, ...], Field(min_length=1)]
    usage: UsageCode = USAGE_WRITTEN
    instruction: Cell | None = None
    points: Points = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class PharmacyClaim:
    """調剤: what one pharmacy dispensed on one institution's prescriptions."""

    __pydantic_config__ = STRICT

    institution: Institution
    member: Member
    treatment_month: Month
    prescriber: Institution
    prescriptions: Annotated[tuple[Prescription, ...], Field(max_length=99)] = ()


Claim = MedicalClaim | PharmacyClaim
