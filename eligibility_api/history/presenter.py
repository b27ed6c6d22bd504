"""Builds the published form (`payloads.py`) of the rows of a history."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import groupby
from typing import Any

from eligibility_api.contract.claim_codes import USAGES
from eligibility_api.contract.history import CareSetting
from eligibility_api.domain import dates
from eligibility_api.domain.checkups import LoadedCheckup
from eligibility_api.domain.claims import READER_VERSION
from eligibility_api.domain.dates import day_in_japan
from eligibility_api.domain.history import HistoryRecord, TreatmentRow, age_days
from eligibility_api.domain.medicines import Group, MedicineRow
from eligibility_api.drug_master.cache import DrugMaster
from eligibility_api.history.payloads import (
    CheckupItemDict,
    HealthCheckupDict,
    InstitutionDict,
    MedicineDict,
    MedicineGroupDict,
    OriginDict,
    TreatmentDict,
)


@dataclass(slots=True)
class Presenter:
    """Presents rows to a facility at an instant. Values shared by several rows are built once."""

    institution_code: str
    answered_at: datetime
    master: DrugMaster
    _today: date = field(init=False)
    _places: dict[tuple[str, str | None], InstitutionDict] = field(default_factory=dict)
    _origins: dict[int, OriginDict] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._today = day_in_japan(self.answered_at)

    def medicine(self, place: int, row: MedicineRow, marks: Mapping[int, list[int]]) -> MedicineDict:
        """A medicine, with its name from the master."""
        known, drug = row.known, row.drug
        entry = self.master.entry(drug.code)
        return {
            **self._origin(known),
            "on": row.on,
            "row": place,
            "prescribed_on": drug.prescribed_on or known.prescribed_on,
            "prescriber": self._prescriber(row),
            "act": drug.act,
            "drug_code": drug.code,
            "name": entry.name,
            "ingredient_code": entry.ingredient_code,
            "generic": entry.generic,
            "quantity": drug.quantity,
            "unit": entry.unit,
            "usage_code": drug.usage_code,
            "usage": drug.usage or (USAGES.get(drug.usage_code) if drug.usage_code else None) or None,
            "instruction": drug.instruction,
            "times": row.times,
            "overlaps": marks.get(place, ()),
        }

    def treatment(self, place: int, row: TreatmentRow) -> TreatmentDict:
        """A day of visit, or a listed act."""
        act = row.act
        return {
            **self._origin(row.known),
            "on": row.on,
            "row": place,
            "kind": row.kind.value,
            "act": act.act if act else None,
            "code": act.code if act else None,
            "quantity": act.quantity if act else None,
            "times": row.times,
        }

    def checkup(self, place: int, checkup: LoadedCheckup) -> HealthCheckupDict:
        """A check-up with its items."""
        items = checkup.items
        return {
            "row": place,
            "examined_on": checkup.examined_on,
            "insurer_number": checkup.insurer_number,
            "known_from": checkup.known_from,
            "age_days": age_days(checkup.known_from, self._today),
            "items": [_item(item) for item in (json.loads(items) if isinstance(items, str) else items)],
        }

    def _origin(self, known: HistoryRecord) -> OriginDict:
        """The members shared by a record's rows.

        Cached by object identity: the records of a page live as long as the page, so that no two of them
        share an id.
        """
        origin = self._origins.get(id(known))
        if origin is None:
            origin = self._origins[id(known)] = {
                "month": dates.format_month(known.month),
                "origin": known.origin.value,
                "claim_month": dates.format_month(known.claim_month) if known.claim_month else None,
                "known_from": known.known_from,
                "age_days": age_days(known.known_from, self._today),
                "institution": self._place(known.institution_code, known.content.institution_name),
                "setting": known.setting.value,
                "earlier_reader": known.reader_version is not None and known.reader_version < READER_VERSION,
            }
        return origin

    def _prescriber(self, row: MedicineRow) -> InstitutionDict | None:
        if row.prescriber is None:
            return None
        content = row.known.content
        dispensed = row.known.setting is CareSetting.PHARMACY
        return self._place(row.prescriber, content.prescriber_name if dispensed else content.institution_name)

    def _place(self, code: str, name: str | None) -> InstitutionDict:
        place = self._places.get((code, name))
        if place is None:
            own = code == self.institution_code
            place = self._places[code, name] = {
                "institution_code": code,
                "institution_name": name,
                "own": own,
            }
        return place


def _item(stored: Mapping[str, Any]) -> CheckupItemDict:
    """A stored item, whose absent members are null."""
    return {
        "item_code": stored["item_code"],
        "item_name": stored["item_name"],
        "data_type": stored.get("data_type"),
        "value": stored.get("value"),
        "unit": stored.get("unit"),
        "oid": stored.get("oid"),
        "value_name": stored.get("value_name"),
    }


def grouped(page: Iterable[tuple[Group, MedicineDict]]) -> list[MedicineGroupDict]:
    """A page's medicines by group, in the order of the groups.

    A group cut by the page's end continues on the next page.
    """
    return [
        _group(group, [medicine for _, medicine in members])
        for group, members in groupby(page, key=lambda one: one[0])
    ]


def _group(group: Group, members: list[MedicineDict]) -> MedicineGroupDict:
    return {
        "key": group.key,
        "name": next((medicine["name"] for medicine in members if medicine["name"] is not None), None),
        "overlaps": any(medicine["overlaps"] for medicine in members),
        "medicines": members,
    }
