"""From rows of a history to what is published of them (`contract.history`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from pydantic import TypeAdapter

from eligibility_api.contract.history import (
    CheckupItem,
    Diagnosis,
    HealthCheckup,
    Medicine,
    Place,
    Setting,
    Treatment,
)
from eligibility_api.contract.receipt_codes import USAGES
from eligibility_api.domain import months
from eligibility_api.domain.examined import CheckupKnown
from eligibility_api.domain.history import ActRow, DiseaseRow, Known, age_days
from eligibility_api.domain.medicines import MedicineRow
from eligibility_api.history.drugs import DrugMaster

_ITEMS = TypeAdapter(list[CheckupItem])


@dataclass(slots=True)
class Shower:
    """Shows rows to a facility at an instant. What neighbouring rows have in common is made once."""

    institution_code: str
    answered_at: datetime
    master: DrugMaster
    _places: dict[tuple[str, str | None], Place] = field(default_factory=dict)
    _latest: tuple[Known, dict[str, Any]] | None = None

    def medicine(self, place: int, row: MedicineRow, marks: Mapping[int, list[int]]) -> Medicine:
        """A medicine, named by the master."""
        known, drug = row.known, row.drug
        entry = self.master.entry(drug.code)
        return Medicine(
            **self._source(known, row.on),
            row=place,
            prescribed_on=drug.prescribed_on or known.prescribed_on,
            prescriber=self._prescriber(row),
            act=drug.act,
            drug_code=drug.code,
            name=entry.name,
            ingredient_code=entry.ingredient_code,
            generic=entry.generic,
            quantity=drug.quantity,
            unit=entry.unit,
            usage_code=drug.usage_code,
            usage=drug.usage or (USAGES.get(drug.usage_code) if drug.usage_code else None) or None,
            instruction=drug.instruction,
            times=row.times,
            duplicates=marks.get(place, []),
        )

    def treatment(self, place: int, row: ActRow) -> Treatment:
        """An act."""
        act = row.act
        return Treatment(
            **self._source(row.known, row.on),
            row=place,
            act=act.act,
            code=act.code,
            quantity=act.quantity,
            times=row.times,
        )

    def diagnosis(self, place: int, row: DiseaseRow) -> Diagnosis:
        """A diagnosis."""
        disease = row.disease
        return Diagnosis(
            **self._source(row.known, None),
            row=place,
            code=disease.code,
            name=disease.name,
            modifiers=list(disease.modifiers),
            began_on=disease.began_on,
            outcome=disease.outcome,
            main=disease.main,
        )

    def checkup(self, place: int, checkup: CheckupKnown) -> HealthCheckup:
        """A check-up with its items."""
        items = checkup.items
        return HealthCheckup(
            row=place,
            examined_on=checkup.examined_on,
            insurer_number=checkup.insurer_number,
            known_from=checkup.known_from,
            age_days=age_days(checkup.known_from, self.answered_at),
            items=_ITEMS.validate_json(items) if isinstance(items, str) else _ITEMS.validate_python(items),
        )

    def _source(self, known: Known, on: date | None) -> dict[str, Any]:
        if self._latest is None or self._latest[0] is not known:
            self._latest = known, self._of(known)
        return self._latest[1] | {"on": on}

    def _of(self, known: Known) -> dict[str, Any]:
        return {
            "month": months.written(known.month),
            "origin": known.origin,
            "claim_month": months.written(known.claim_month) if known.claim_month else None,
            "known_from": known.known_from,
            "age_days": age_days(known.known_from, self.answered_at),
            "institution": self._place(known.institution_code, known.content.institution_name),
            "setting": known.setting,
        }

    def _prescriber(self, row: MedicineRow) -> Place | None:
        if row.prescriber is None:
            return None
        content = row.known.content
        named = row.known.setting is Setting.PHARMACY
        return self._place(row.prescriber, content.prescriber_name if named else content.institution_name)

    def _place(self, code: str, name: str | None) -> Place:
        place = self._places.get((code, name))
        if place is None:
            own = code == self.institution_code
            place = self._places[code, name] = Place(institution_code=code, institution_name=name, own=own)
        return place
