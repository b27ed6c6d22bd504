"""Builds a pharmacy claim (調剤) from its records: prescriptions and their dispensings (OQS 13.3)."""

from __future__ import annotations

from datetime import date
from typing import Any, ClassVar, NamedTuple

from eligibility_api.claims.reading.draft import PAYERS, ClaimContext, Draft, Records, records
from eligibility_api.claims.reading.faults import bad_record
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


class Prescription:
    """SH with the CZ and IY that follow it: medicines that are taken together."""

    def __init__(self, line: int, form: str, usage: str | None, text: str | None) -> None:
        self.line = line
        self.dispensings: list[Dispensing] = []
        self.medicines: list[tuple[str, str | None]] = []
        self._act = ACT_BY_DOSAGE_FORM[form] or None
        self._usage_code = usage.zfill(3) if usage is not None else None
        self._text = text

    def drugs(self) -> list[Drug]:
        """Each medicine once for every dispensing."""
        is_text = self._usage_code == USAGE_WRITTEN
        usage, instruction = (self._text, None) if is_text else (None, self._text)
        return [
            Drug(code, quantity, self._act, times, (), dispensed_on, prescribed_on, self._usage_code, usage, instruction)
            for prescribed_on, dispensed_on, times in self.dispensings
            for code, quantity in self.medicines
        ]  # fmt: skip


class PharmacyDraft(Draft):
    """Reads RE, SH, CZ and IY; JD, MF, TO, CO, TK, KI and ST are skipped."""

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
        """End the prescription. Medicines that were never dispensed, or far too often, are a fault."""
        prescription, self.prescription = self.prescription, None
        if prescription is None or not self.is_valid:
            return
        count = len(prescription.medicines) * len(prescription.dispensings)
        if (prescription.medicines and not count) or len(self.drugs) + count > MAX_DRUGS:
            self.faults.add_whole(prescription.line, "SH", ClaimsFault.ORDER)
            return
        self.drugs += prescription.drugs()

    def _open_prescription(self) -> Prescription | None:
        """The prescription to which a record belongs; None after a faulty one. Raises BadRecord."""
        if self.prescription is None and self.is_valid:
            raise bad_record(ClaimsFault.ORDER)
        return self.prescription

    def _head(self, values: list[Any]) -> None:
        setting, month, birth_date, *code, name = values
        if any(code) and not all(code):
            missing = _PRESCRIBER[code.index(None)]
            raise self.current.fault(missing, ClaimsFault.REQUIRED)
        self.read_head(setting, month, birth_date)
        self.prescriber_code = "".join(code) if all(code) else None
        self.prescriber_name = name

    def _prescription(self, values: list[Any]) -> None:
        self.close()
        _, *prescribed = values
        self.prescription = Prescription(self.line, *prescribed)

    def _dispensing(self, values: list[Any]) -> None:
        if prescription := self._open_prescription():
            dispensing = Dispensing(*values)
            if self.is_valid and dispensing.dispensed_on.replace(day=1) != self.treatment_month:
                raise self.current.fault("調剤月日", ClaimsFault.DAY)
            prescription.dispensings.append(dispensing)

    def _medicine(self, values: list[Any]) -> None:
        if prescription := self._open_prescription():
            code, quantity = values
            prescription.medicines.append((code, quantity))

    def _material(self, _values: list[Any]) -> None:
        self._open_prescription()

    records: ClassVar[Records] = records(
        PHARMACY,
        {**PAYERS, "RE": _head, "SH": _prescription, "CZ": _dispensing, "IY": _medicine, "TO": _material},
    )
