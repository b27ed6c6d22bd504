"""A pharmacy's receipt (調剤) while its records come: what was prescribed, and every dispensing of it (OQS 13.3)."""

from __future__ import annotations

from datetime import date
from typing import Any, ClassVar, NamedTuple

from eligibility_api.claims.reading.draft import PAYERS, Draft, Records, Surroundings, records
from eligibility_api.claims.reading.faults import whole
from eligibility_api.claims.reading.records import PHARMACY
from eligibility_api.contract.claim_codes import ACT_BY_DOSAGE_FORM, USAGE_WRITTEN
from eligibility_api.contract.claims import ClaimKind, ClaimsFault
from eligibility_api.domain.claims import Content, Drug

_PRESCRIBER = ("医療機関都道府県", "医療機関点数表", "医療機関コード")
"""The prescribing institution's code, in parts."""

MOST_DRUGS = 2_000
"""Of one receipt. Each dispensing repeats the medicines of its prescription: a few records could tell millions."""


class Dispensing(NamedTuple):
    """CZ: days of supply or doses, dispensed on a day."""

    prescribed_on: date | None
    dispensed_on: date
    times: int


class Prescription:
    """SH with the CZ and IY behind it: medicines that are taken together."""

    def __init__(self, line: int, form: str, usage: str | None, text: str | None) -> None:
        self.line = line
        self.dispensings: list[Dispensing] = []
        self.medicines: list[tuple[str, str | None]] = []
        self._act = ACT_BY_DOSAGE_FORM[form] or None
        self._usage_code = usage.zfill(3) if usage is not None else None
        self._text = text

    def drugs(self) -> list[Drug]:
        """Each medicine once for every dispensing."""
        written = self._usage_code == USAGE_WRITTEN
        usage, instruction = (self._text, None) if written else (None, self._text)
        return [
            Drug(code, quantity, self._act, times, (), dispensed_on, prescribed_on, self._usage_code, usage, instruction)
            for prescribed_on, dispensed_on, times in self.dispensings
            for code, quantity in self.medicines
        ]  # fmt: skip


class PharmacyDraft(Draft):
    """Takes RE, SH, CZ and IY; JD, MF, TO, CO, TK, KI and ST are read over."""

    month_name = "調剤年月"

    def __init__(self, surroundings: Surroundings, place: int, line: int) -> None:
        super().__init__(surroundings, place, line)
        self.kind = ClaimKind.PHARMACY
        self.prescriber_code: str | None = None
        self.prescriber_name: str | None = None
        self.prescription: Prescription | None = None
        self.drugs: list[Drug] = []

    def content(self) -> Content:
        """What the records tell of the treatment."""
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
        """The prescription is over. Medicines that were never dispensed, or far too often, are told as a fault."""
        prescription, self.prescription = self.prescription, None
        if prescription is None or not self.sound:
            return
        count = len(prescription.medicines) * len(prescription.dispensings)
        if (prescription.medicines and not count) or len(self.drugs) + count > MOST_DRUGS:
            self.faults.whole(prescription.line, "SH", ClaimsFault.ORDER)
            return
        self.drugs += prescription.drugs()

    def _opened(self) -> Prescription | None:
        """The prescription to which a record belongs; None behind a faulty one. Raises BadRecord."""
        if self.prescription is None and self.sound:
            raise whole(ClaimsFault.ORDER)
        return self.prescription

    def _head(self, values: list[Any]) -> None:
        setting, month, birth_date, *code, name = values
        if any(code) and not all(code):
            missing = _PRESCRIBER[code.index(None)]
            raise self.present.wrong(missing, ClaimsFault.REQUIRED)
        self.take_head(setting, month, birth_date)
        self.prescriber_code = "".join(code) if all(code) else None
        self.prescriber_name = name

    def _prescription(self, values: list[Any]) -> None:
        self.close()
        _, *prescribed = values
        self.prescription = Prescription(self.line, *prescribed)

    def _dispensing(self, values: list[Any]) -> None:
        if prescription := self._opened():
            dispensing = Dispensing(*values)
            if self.sound and dispensing.dispensed_on.replace(day=1) != self.treatment_month:
                raise self.present.wrong("調剤月日", ClaimsFault.DAY)
            prescription.dispensings.append(dispensing)

    def _medicine(self, values: list[Any]) -> None:
        if prescription := self._opened():
            code, quantity = values
            prescription.medicines.append((code, quantity))

    def _material(self, _values: list[Any]) -> None:
        self._opened()

    records: ClassVar[Records] = records(
        PHARMACY,
        {**PAYERS, "RE": _head, "SH": _prescription, "CZ": _dispensing, "IY": _medicine, "TO": _material},
    )
