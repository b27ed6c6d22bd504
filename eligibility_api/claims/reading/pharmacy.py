"""Builds a pharmacy claim (調剤) from its records: prescriptions and their dispensings (OQS 13.3)."""

from __future__ import annotations

from datetime import date
from typing import Any, ClassVar, NamedTuple

from eligibility_api.claims.reading.draft import PAYERS, ClaimContext, Draft, Records, records
from eligibility_api.claims.reading.faults import bad_record
from eligibility_api.claims.reading.record_table import PASSED_PHARMACY
from eligibility_api.claims.reading.records import PHARMACY
from eligibility_api.contract.claim_codes import ACT_BY_DOSAGE_FORM, USAGE_WRITTEN
from eligibility_api.contract.claims import ClaimKind, ClaimsFault
from eligibility_api.domain.claims import Content, Drug

_PRESCRIBER = ("医療機関都道府県", "医療機関点数表", "医療機関コード")
"""The fields of the prescribing institution's code."""

MAX_DRUGS = 2_000
"""Per claim: each dispensing repeats its prescription's medicines, so few records could make millions."""


class Dispensing(NamedTuple):
    """CZ: days of supply or doses dispensed on a day."""

    prescribed_on: date | None
    dispensed_on: date
    times: int


class Group:
    """Medicines that were dispensed together: the CZ and the items (IY, TO) that belong to each other (rule H12)."""

    __slots__ = ("dispensings", "has_items", "items_first", "medicines")

    def __init__(self) -> None:
        self.dispensings: list[Dispensing] = []
        self.medicines: list[tuple[str, str | None]] = []
        self.has_items = False
        """Whether an item was read, also one that is not stored."""
        self.items_first = False
        """Whether the items precede their dispensing."""


class Prescription:
    """SH with the CZ and IY that follow it: medicines that are taken in one way."""

    def __init__(self, line: int, form: str | None, usage: str | None, text: str | None) -> None:
        self.line = line
        self.count = 0
        """Rows of the history: of each group its medicines times its dispensings."""
        self._group = Group()
        """The open one."""
        self._groups = [self._group]
        self._act = ACT_BY_DOSAGE_FORM[form] or None if form is not None else None
        self._usage_code = usage.zfill(3) if usage is not None else None
        self._text = text

    def add_dispensing(self, dispensing: Dispensing) -> None:
        """Add a CZ: behind the items of another one it begins a new group."""
        group = self._group
        if group.has_items:
            if group.dispensings and not group.items_first:
                group = self._group = Group()
                self._groups.append(group)
            else:
                group.items_first = True
                self.count += len(group.medicines)
        group.dispensings.append(dispensing)

    def add_item(self, medicine: tuple[str, str | None] | None = None) -> None:
        """Add an item, a medicine or a material.

        Raises BadRecord behind a dispensing that others preceded: to which of two it belongs is unclear.
        """
        group = self._group
        if group.items_first:
            raise bad_record(ClaimsFault.ORDER)
        group.has_items = True
        if medicine is not None:
            group.medicines.append(medicine)
            self.count += len(group.dispensings)

    @property
    def is_complete(self) -> bool:
        """Whether no medicine lacks a dispensing, and no later dispensing what was dispensed."""
        first = self._groups[0]
        return (bool(first.dispensings) or not first.medicines) and (
            first is self._group or self._group.has_items
        )

    def drugs(self) -> list[Drug]:
        """Each medicine once for every dispensing of its group."""
        is_text = self._usage_code == USAGE_WRITTEN
        usage, instruction = (self._text, None) if is_text else (None, self._text)
        return [
            Drug(code, quantity, self._act, times, (), dispensed_on, prescribed_on, self._usage_code, usage, instruction)
            for group in self._groups
            for prescribed_on, dispensed_on, times in group.dispensings
            for code, quantity in group.medicines
        ]  # fmt: skip


class PharmacyDraft(Draft):
    """Reads RE, SH, CZ, IY and TO."""

    passed = PASSED_PHARMACY
    month_name = "調剤年月"

    def __init__(self, context: ClaimContext, number: int, line: int) -> None:
        super().__init__(context, number, line)
        self.kind = ClaimKind.PHARMACY
        self.prescriber_code: str | None = None
        self.prescriber_name: str | None = None
        self.prescription: Prescription | None = None
        self.drugs: list[Drug] = []

    def content(self) -> Content:
        """The treatment, from all records read."""
        self.close()
        return Content(
            institution_name=self.institution_name,
            prescriber_code=self.prescriber_code,
            prescriber_name=self.prescriber_name,
            drugs=tuple(self.drugs),
            acts=(),
            diseases=(),
        )

    def close(self) -> None:
        """End the prescription. Medicines without dispensing, or the reverse, or far too many, are a fault."""
        prescription, self.prescription = self.prescription, None
        if prescription is None or not self.is_valid:
            return
        if not prescription.is_complete or len(self.drugs) + prescription.count > MAX_DRUGS:
            self.faults.add_whole(prescription.line, "SH", ClaimsFault.ORDER)
            return
        self.drugs += prescription.drugs()

    def _open_prescription(self) -> Prescription | None:
        """The prescription to which a record belongs; None after a faulty one. Raises BadRecord."""
        if self.prescription is None and self.is_valid:
            raise bad_record(ClaimsFault.ORDER)
        return self.prescription

    def _head(self, values: list[Any]) -> None:
        setting, month, name, sex, birth_date, *code, prescriber = values
        self.read_head(setting, month, name, sex, birth_date)
        self.prescriber_name = prescriber
        if all(code):
            self.prescriber_code = "".join(code)
        elif any(code):
            bad = self.current.fault(_PRESCRIBER[code.index(None)], ClaimsFault.LEFT_OUT)
            if bad.faults[0].shape is None:  # an invalid part was reported before
                raise bad

    def _prescription(self, values: list[Any]) -> None:
        self.close()
        self.prescription = Prescription(self.line, *values)

    def _dispensing(self, values: list[Any]) -> None:
        if prescription := self._open_prescription():
            dispensing = Dispensing(*values)
            if self.is_valid and dispensing.dispensed_on.replace(day=1) != self.treatment_month:
                raise self.current.fault("調剤月日", ClaimsFault.DAY)
            prescription.add_dispensing(dispensing)

    def _medicine(self, values: list[Any]) -> None:
        if prescription := self._open_prescription():
            code, quantity = values
            prescription.add_item((code, quantity))

    def _material(self, _values: list[Any]) -> None:
        if prescription := self._open_prescription():
            prescription.add_item()

    records: ClassVar[Records] = records(
        PHARMACY,
        {**PAYERS, "RE": _head, "SH": _prescription, "CZ": _dispensing, "IY": _medicine, "TO": _material},
    )
