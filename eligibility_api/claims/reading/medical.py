"""A medical receipt (医科) while its records come. One that turns out to be of DPC is read no further."""

from __future__ import annotations

from typing import Any, ClassVar

from eligibility_api.claims.reading.draft import PAYERS, Draft, Records, Surroundings, records
from eligibility_api.claims.reading.records import DPC, DPC_RECORDS, MEDICAL
from eligibility_api.claims.reading.units import Units
from eligibility_api.contract.claims import ClaimKind, ClaimsFault
from eligibility_api.domain.claims import Content, Disease


class MedicalDraft(Draft):
    """Takes RE, SY, SI, IY, TO and CO; JD, MF and SJ are read over."""

    month_name = "診療年月"

    def __init__(self, surroundings: Surroundings, place: int, line: int) -> None:
        super().__init__(surroundings, place, line)
        self.kind = ClaimKind.MEDICAL
        self.units = Units()
        self.diseases: list[Disease] = []

    def content(self) -> Content:
        """What the records tell of the treatment."""
        self.units.close()
        if self.units.overlong:
            self.faults.whole(self.first_line, "CO", ClaimsFault.ORDER)
        return Content(
            institution_name=self.institution_name,
            prescriber_code=None,
            prescriber_name=None,
            drugs=tuple(self.units.drugs),
            acts=tuple(self.units.acts),
            diseases=tuple(self.diseases),
        )

    def unknown(self, record: str) -> ClaimsFault:
        """What a record without a layout is. BU makes a receipt one of DPC."""
        if record == DPC:
            self.kind = ClaimKind.DPC
            self.refused = True
        return ClaimsFault.NOT_CARRIED if record in DPC_RECORDS else ClaimsFault.UNKNOWN_RECORD

    def _head(self, values: list[Any]) -> None:
        self.take_head(*values)

    def _disease(self, values: list[Any]) -> None:
        code, began_on, outcome, modifiers, name, main = values
        self.diseases.append(Disease(code, name, modifiers or (), began_on, outcome, main is not None))

    def _item(self, values: list[Any]) -> None:
        act, code, quantity, points, times, days = values
        if days and days[-1][0] > self.last_day:
            first_beyond = next(day for day, _ in days if day > self.last_day)
            raise self.present.wrong(f"{first_beyond}日", ClaimsFault.DAY)
        item = self.record, code, quantity, times, days or ()
        if not self.units.take(act, item, last=points is not None) and self.sound:
            raise self.present.wrong("診療識別", ClaimsFault.REQUIRED)

    def _comment(self, values: list[Any]) -> None:
        if not self.units.comment(*values) and self.sound:
            raise self.present.wrong("診療識別", ClaimsFault.REQUIRED)

    records: ClassVar[Records] = records(
        MEDICAL,
        {**PAYERS, "RE": _head, "SY": _disease, "SI": _item, "IY": _item, "TO": _item, "CO": _comment},
    )
