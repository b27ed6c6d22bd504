"""The three trees of a history: claim-derived, dispensing, prescription (OQS 7.2).

The values of DiOrg, InOut, CzPrCl, ShPrCl and of the 区分 of dispensings and prescriptions are not public: their
texts are ours.
"""

from __future__ import annotations

from typing import Annotated, ClassVar

from clinic_terminal.messages.elements import Confidence, Element, Group
from clinic_terminal.messages.values import Day, InstitutionCode, ItemCode, LongText, Month

_OWN_OR_OTHER = "1: the asking institution, 2: another."
_NOT_PUBLIC = "The values are not public."


class TreeGroup(Group):
    """Base of the groups of section 7.2."""

    source: ClassVar[str] = "OQS 7.2"
    confidence: ClassVar[Confidence] = Confidence.CLIENT


class ClaimMedicine(TreeGroup):
    """A medicine of a claim."""

    category: Annotated[ItemCode | None, Element("MeTrIdCl", note="診療識別.")] = None
    usage: Annotated[LongText | None, Element("UsageN", note="用法.")] = None
    instruction: Annotated[LongText | None, Element("SpInst", note="特別指示.")] = None
    times: Annotated[ItemCode | None, Element("Times", note="Days, or times.")] = None
    code: Annotated[ItemCode | None, Element("DrugC", note="Claim code, nine digits.")] = None
    name: Annotated[LongText | None, Element("DrugN")] = None
    ingredient: Annotated[LongText | None, Element("IngreN")] = None
    quantity: Annotated[ItemCode | None, Element("Qua1")] = None
    unit: Annotated[ItemCode | None, Element("Unit")] = None


class ClaimTreatment(TreeGroup):
    """An act of treatment of a claim (診療情報)."""

    name: Annotated[LongText | None, Element("SinInfN")] = None
    code: Annotated[ItemCode | None, Element("SinInfCd")] = None
    category: Annotated[ItemCode | None, Element("MeTrIdCl", note="診療識別.")] = None
    quantity: Annotated[ItemCode | None, Element("Qua1")] = None
    times: Annotated[ItemCode | None, Element("Times")] = None
    unit: Annotated[ItemCode | None, Element("Unit")] = None


class ClaimDay(TreeGroup):
    """What one day of a claim has."""

    dispensed_on: Annotated[Day | None, Element("DiDate")] = None
    prescribed_on: Annotated[Day | None, Element("PrDate")] = None
    medicines: Annotated[tuple[ClaimMedicine, ...], Element("DrugInf", within="DrugInfs")] = ()
    treatments: Annotated[tuple[ClaimTreatment, ...], Element("MeTrInf", within="MeTrInfs")] = ()


class ClaimMonth(TreeGroup):
    """One month at one institution, of claims."""

    month: Annotated[Month, Element("MeTrMonth")]
    institution_origin: Annotated[ItemCode | None, Element("DiOrg", note=_NOT_PUBLIC)] = None
    institution_code: Annotated[InstitutionCode | None, Element("MeTrDiHCd")] = None
    institution_name: Annotated[LongText | None, Element("MeTrDiHNm")] = None
    prescriber_origin: Annotated[ItemCode | None, Element("PrIsOrg", note=_OWN_OR_OTHER)] = None
    prescriber_code: Annotated[InstitutionCode | None, Element("PrlsHCd", note="A letter l, not I.")] = None
    prescriber_name: Annotated[LongText | None, Element("PrlsHNm", note="A letter l, not I.")] = None
    in_or_out: Annotated[ItemCode | None, Element("InOut", note=_NOT_PUBLIC)] = None
    days: Annotated[tuple[ClaimDay, ...], Element("DiDateInf", within="DiDateInfs")] = ()


class DispensedMedicine(TreeGroup):
    """A dispensed medicine."""

    category: Annotated[ItemCode | None, Element("CzUsageCl", note=_NOT_PUBLIC)] = None
    usage: Annotated[LongText | None, Element("CzUsageN")] = None
    instruction: Annotated[LongText | None, Element("CzSpInst")] = None
    times: Annotated[ItemCode | None, Element("CzTimes")] = None
    code: Annotated[ItemCode | None, Element("CzDrugC")] = None
    name: Annotated[LongText | None, Element("CzDrugN")] = None
    ingredient: Annotated[LongText | None, Element("CzIngreN")] = None
    quantity: Annotated[ItemCode | None, Element("CzQua1")] = None
    unit: Annotated[ItemCode | None, Element("CzUnit")] = None


class DispensingDay(TreeGroup):
    """What was dispensed on one day."""

    dispensed_on: Annotated[Day | None, Element("CzDiDate")] = None
    prescribed_on: Annotated[Day | None, Element("CzPrDate")] = None
    medicines: Annotated[tuple[DispensedMedicine, ...], Element("CzDrugInf", within="CzDrugInfs")] = ()


class DispensingMonth(TreeGroup):
    """One month at one pharmacy, of dispensings."""

    month: Annotated[Month, Element("CzDiMonth")]
    institution_origin: Annotated[ItemCode | None, Element("CzDiOrg", note=_NOT_PUBLIC)] = None
    institution_code: Annotated[InstitutionCode | None, Element("CzMeTrDiHCd")] = None
    institution_name: Annotated[LongText | None, Element("CzMeTrDiHNm")] = None
    prescriber_origin: Annotated[ItemCode | None, Element("CzPrIsOrg", note=_OWN_OR_OTHER)] = None
    prescriber_code: Annotated[InstitutionCode | None, Element("CzPrlsHCd", note="A letter l, not I.")] = None
    prescriber_name: Annotated[LongText | None, Element("CzPrlsHNm", note="A letter l, not I.")] = None
    in_or_out: Annotated[ItemCode | None, Element("CzPrCl", note=_NOT_PUBLIC)] = None
    days: Annotated[tuple[DispensingDay, ...], Element("CzDiDateInf", within="CzDiDateInfs")] = ()


class PrescribedMedicine(TreeGroup):
    """A prescribed medicine."""

    category: Annotated[ItemCode | None, Element("ShUsageCl", note=_NOT_PUBLIC)] = None
    usage: Annotated[LongText | None, Element("ShUsageN")] = None
    instruction: Annotated[LongText | None, Element("ShSpInst")] = None
    times: Annotated[ItemCode | None, Element("ShTimes")] = None
    code: Annotated[ItemCode | None, Element("ShDrugC")] = None
    name: Annotated[LongText | None, Element("ShDrugN")] = None
    ingredient: Annotated[LongText | None, Element("ShIngreN")] = None
    quantity: Annotated[ItemCode | None, Element("ShQua1")] = None
    unit: Annotated[ItemCode | None, Element("ShUnit")] = None


class PrescriptionDay(TreeGroup):
    """What was prescribed on one day."""

    prescribed_on: Annotated[Day | None, Element("ShPrDate")] = None
    medicines: Annotated[tuple[PrescribedMedicine, ...], Element("ShDrugInf", within="ShDrugInfs")] = ()


class PrescriptionMonth(TreeGroup):
    """One month at one institution, of prescriptions."""

    month: Annotated[Month, Element("ShPrMonth")]
    institution_origin: Annotated[ItemCode | None, Element("ShPrOrg", note=_NOT_PUBLIC)] = None
    institution_code: Annotated[InstitutionCode | None, Element("ShMeTrDiHCd")] = None
    institution_name: Annotated[LongText | None, Element("ShMeTrDiHNm")] = None
    prescriber_origin: Annotated[ItemCode | None, Element("ShPrIsOrg", note=_OWN_OR_OTHER)] = None
    prescriber_code: Annotated[InstitutionCode | None, Element("ShPrHCd")] = None
    prescriber_name: Annotated[LongText | None, Element("ShPrHNm")] = None
    in_or_out: Annotated[ItemCode | None, Element("ShPrCl", note=_NOT_PUBLIC)] = None
    days: Annotated[tuple[PrescriptionDay, ...], Element("ShPrDateInf", within="ShPrDateInfs")] = ()
