"""Synthetic rows and pages of a history."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, TypeVar

from eligibility_api.contract.history import (
    CareSetting,
    CheckupItem,
    Diagnoses,
    HealthCheckup,
    HealthCheckups,
    HistoryPage,
    Institution,
    Medications,
    Medicine,
    MedicineGroup,
    Origin,
    Treatment,
    Treatments,
)
from eligibility_api.contract.treatment_kinds import TreatmentKind
from tests.builders.clinic.samples import NOW, RECORD

CLINIC = Institution(institution_code="1312222225", institution_name="見本クリニック", own=False)
OTHER = Institution(institution_code="1311111114", institution_name="架空診療所", own=False)
PHARMACY = Institution(institution_code="1342222229", institution_name="架空薬局", own=True)

SOURCE: dict[str, Any] = {
    "month": "2026-02",
    "on": date(2026, 2, 14),
    "origin": Origin.CLAIM,
    "claim_month": "2026-03",
    "known_from": NOW - timedelta(days=21),
    "age_days": 21,
    "institution": PHARMACY,
    "setting": CareSetting.PHARMACY,
}

AnyPage = TypeVar("AnyPage", bound=HistoryPage)


def medicine(row: int = 1, **changes: Any) -> Medicine:
    fields: dict[str, Any] = {
        **SOURCE,
        "row": row,
        "prescribed_on": date(2026, 2, 13),
        "prescriber": CLINIC,
        "act": "21",
        "drug_code": "990000101",
        "name": "見本錠５ｍｇ",
        "ingredient_code": "9900001",
        "generic": False,
        "quantity": "1",
        "unit": "錠",
        "usage_code": "006",
        "usage": "朝食後",
        "instruction": None,
        "times": 28,
        "overlaps": [],
    }
    return Medicine(**fields | changes)


def group(key: str | None, *medicines: Medicine, name: str | None = "見本錠５ｍｇ") -> MedicineGroup:
    marked = any(one.overlaps for one in medicines)
    return MedicineGroup(key=key, name=name, overlaps=marked, medicines=list(medicines))


def page(model: type[AnyPage], total: int = 1, **changes: Any) -> AnyPage:
    fields: dict[str, Any] = {
        "record_id": RECORD,
        "answered_at": NOW,
        "available_until": NOW + timedelta(hours=24),
        "from_month": "2021-04",
        "to_month": "2026-04",
        "total": total,
        "next": None,
    }
    return model(**fields | changes)


def medications(*groups: MedicineGroup, **changes: Any) -> Medications:
    total = sum(len(one.medicines) for one in groups)
    fields: dict[str, Any] = {"total": total, "medicines": [], "groups": list(groups)}
    return page(Medications, **fields | changes)


def with_prescription(*names: str, on: date = date(2026, 3, 31)) -> Medications:
    """A list with a claim, and a prescription of a day with one medicine of each name."""
    rows = [
        medicine(
            place,
            origin=Origin.PRESCRIPTION,
            claim_month=None,
            on=on,
            prescribed_on=on,
            institution=CLINIC,
            prescriber=None,
            drug_code=f"62000000{place}",
            name=name,
            instruction="粉砕" if place == 1 else None,
        )
        for place, name in enumerate(names, 1)
    ]
    return medications(group("9900001", *rows, medicine(len(rows) + 1, name="レセプトの薬")))


def treatments(**changes: Any) -> Treatments:
    done = Treatment(
        **SOURCE | {"institution": CLINIC, "setting": CareSetting.INPATIENT} | changes,
        row=1,
        kind=TreatmentKind.SURGERY,
        act="50",
        code="150000000",
        quantity=None,
        times=1,
    )
    return page(Treatments, treatments=[done])


def visits(**changes: Any) -> Treatments:
    day = Treatment(
        **SOURCE | {"institution": CLINIC, "setting": CareSetting.OUTPATIENT} | changes,
        row=1,
        kind=TreatmentKind.VISIT,
        act=None,
        code=None,
        quantity=None,
        times=None,
    )
    return page(Treatments, treatments=[day])


def diagnoses() -> Diagnoses:
    return page(Diagnoses, 0, diagnoses=[])


def health_checkups() -> HealthCheckups:
    item = CheckupItem(item_code="9A751000000000001", item_name="収縮期血圧", value="128", unit="mmHg")
    bare = CheckupItem(item_code="9A752000000000001", item_name="拡張期血圧")
    examined = HealthCheckup(
        row=1,
        examined_on=date(2025, 6, 1),
        insurer_number="01130012",
        known_from=NOW,
        age_days=3,
        items=[item, bare],
    )
    return page(HealthCheckups, checkups=[examined])
