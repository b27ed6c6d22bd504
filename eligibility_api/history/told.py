"""What the look-ups answer, as plain dictionaries with the members of the contract's models (`contract.history`).

A history has hundreds of rows, and every value of them was checked when it came in: a model of each row would check
them all once more. That the members are the contract's is tested.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import TypedDict


class PlaceTold(TypedDict):
    """As `Place`."""

    institution_code: str
    institution_name: str | None
    own: bool


class OriginTold(TypedDict):
    """What rows of one receipt or entry have in common of `Source`."""

    month: str
    origin: str
    claim_month: str | None
    known_from: datetime
    age_days: int
    institution: PlaceTold
    setting: str


class SourceTold(OriginTold):
    """As `Source`."""

    on: date | None


class MedicineTold(SourceTold):
    """As `Medicine`."""

    row: int
    prescribed_on: date | None
    prescriber: PlaceTold | None
    act: str | None
    drug_code: str
    name: str | None
    ingredient_code: str | None
    generic: bool | None
    quantity: str | None
    unit: str | None
    usage_code: str | None
    usage: str | None
    instruction: str | None
    times: int | None
    duplicates: Sequence[int]


class MedicineGroupTold(TypedDict):
    """As `MedicineGroup`."""

    key: str | None
    name: str | None
    duplicates: bool
    medicines: Sequence[MedicineTold]


class TreatmentTold(SourceTold):
    """As `Treatment`."""

    row: int
    act: str | None
    code: str
    quantity: str | None
    times: int | None


class DiagnosisTold(SourceTold):
    """As `Diagnosis`."""

    row: int
    code: str
    name: str | None
    modifiers: Sequence[str]
    began_on: date | None
    outcome: str | None
    main: bool


class CheckupItemTold(TypedDict):
    """As `CheckupItem`."""

    item_code: str
    item_name: str
    data_type: str | None
    value: str | None
    unit: str | None
    oid: str | None
    value_name: str | None


class HealthCheckupTold(TypedDict):
    """As `HealthCheckup`."""

    row: int
    examined_on: date
    insurer_number: str
    known_from: datetime
    age_days: int
    items: Sequence[CheckupItemTold]


class PageTold(TypedDict):
    """As `Page`."""

    record_id: str
    answered_at: datetime
    available_until: datetime | None
    from_month: str
    to_month: str
    total: int
    next: str | None


class MedicationsTold(PageTold):
    """As `Medications`."""

    medicines: Sequence[MedicineTold]
    groups: Sequence[MedicineGroupTold]


class TreatmentsTold(PageTold):
    """As `Treatments`."""

    treatments: Sequence[TreatmentTold]


class DiagnosesTold(PageTold):
    """As `Diagnoses`."""

    diagnoses: Sequence[DiagnosisTold]


class HealthCheckupsTold(PageTold):
    """As `HealthCheckups`."""

    checkups: Sequence[HealthCheckupTold]
