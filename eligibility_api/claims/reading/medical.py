"""Builds a medical claim (医科) from its records; a DPC claim is recognised, but not read."""

from __future__ import annotations

from typing import Any, ClassVar

from eligibility_api.claims.reading.draft import PAYERS, ClaimContext, Draft, Records, records
from eligibility_api.claims.reading.record_table import DPC, DPC_RECORDS, PASSED_MEDICAL
from eligibility_api.claims.reading.records import MEDICAL
from eligibility_api.claims.reading.units import Units
from eligibility_api.contract.claims import ClaimKind, ClaimsFault
from eligibility_api.domain.claims import Content, Disease


class MedicalDraft(Draft):
    """Reads RE, SY, SI, IY, TO and CO."""

    passed = PASSED_MEDICAL
    month_name = "診療年月"

    def __init__(self, context: ClaimContext, number: int, line: int) -> None:
        super().__init__(context, number, line)
        self.kind = ClaimKind.MEDICAL
        self.units = Units()
        self.diseases: list[Disease] = []

    def content(self) -> Content:
        """The treatment, from all records read."""
        self.units.close()
        if self.units.overlong:
            self.faults.add_whole(self.first_line, "CO", ClaimsFault.ORDER)
        return Content(
            institution_name=self.institution_name,
            prescriber_code=None,
            prescriber_name=None,
            drugs=tuple(self.units.drugs),
            acts=tuple(self.units.acts),
            diseases=tuple(self.diseases),
        )

    def unknown(self, record: str) -> ClaimsFault:
        """The fault of a record without a layout. BU makes the claim a DPC claim."""
        if record == DPC:
            self.kind = ClaimKind.DPC
            self.skips = True
        return ClaimsFault.NOT_CARRIED if record in DPC_RECORDS else ClaimsFault.UNKNOWN_RECORD

    def _head(self, values: list[Any]) -> None:
        self.read_head(*values)

    def _disease(self, values: list[Any]) -> None:
        code, began_on, outcome, modifiers, name, main = values
        self.diseases.append(Disease(code, name, modifiers or (), began_on, outcome, main is not None))

    def _item(self, values: list[Any]) -> None:
        act, code, quantity, points, times, days = values
        if days and days[-1][0] > self.last_day:
            first_beyond = next(day for day, _ in days if day > self.last_day)
            raise self.current.fault(f"{first_beyond}日", ClaimsFault.DAY)
        item = self.record, code, quantity, times, days or ()
        if not self.units.add(act, item, last=points is not None) and self.is_valid:
            raise self.current.fault("診療識別", ClaimsFault.REQUIRED)

    def _comment(self, values: list[Any]) -> None:
        if not self.units.add_comment(*values) and self.is_valid:
            raise self.current.fault("診療識別", ClaimsFault.LEFT_OUT)

    records: ClassVar[Records] = records(
        MEDICAL,
        {**PAYERS, "RE": _head, "SY": _disease, "SI": _item, "IY": _item, "TO": _item, "CO": _comment},
    )
