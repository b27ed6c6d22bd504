"""Response bodies of a history as plain dictionaries, with the members of `contract.history`'s models.

A history has hundreds of rows, and every value was validated when it was stored: models would validate all of
them again. A test ensures that the members are those of the contract.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import TypedDict


class InstitutionDict(TypedDict):
    """As `Institution`."""

    institution_code: str
    institution_name: str | None
    own: bool


class OriginDict(TypedDict):
    """The members of `HistoryRow` that all rows of one claim or entry share."""

    month: str
    origin: str
    claim_month: str | None
    known_from: datetime
    age_days: int
    institution: InstitutionDict
    setting: str
    earlier_reader: bool


class HistoryRowDict(OriginDict):
    """As `HistoryRow`."""

    on: date | None


class MedicineDict(HistoryRowDict):
    """As `Medicine`."""

    row: int
    prescribed_on: date | None
    prescriber: InstitutionDict | None
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
    overlaps: Sequence[int]


class MedicineGroupDict(TypedDict):
    """As `MedicineGroup`."""

    key: str | None
    name: str | None
    overlaps: bool
    medicines: Sequence[MedicineDict]


class TreatmentDict(HistoryRowDict):
    """As `Treatment`."""

    row: int
    kind: str
    act: str | None
    code: str | None
    quantity: str | None
    times: int | None


class CheckupItemDict(TypedDict):
    """As `CheckupItem`."""

    item_code: str
    item_name: str
    data_type: str | None
    value: str | None
    unit: str | None
    oid: str | None
    value_name: str | None


class HealthCheckupDict(TypedDict):
    """As `HealthCheckup`."""

    row: int
    examined_on: date
    insurer_number: str
    known_from: datetime
    age_days: int
    items: Sequence[CheckupItemDict]


class HistoryPageDict(TypedDict):
    """As `HistoryPage`."""

    record_id: str
    answered_at: datetime
    available_until: datetime | None
    from_month: str
    to_month: str
    total: int
    next: str | None


class MedicationsDict(HistoryPageDict):
    """As `Medications`."""

    medicines: Sequence[MedicineDict]
    groups: Sequence[MedicineGroupDict]


class TreatmentsDict(HistoryPageDict):
    """As `Treatments`."""

    treatments: Sequence[TreatmentDict]


class DiagnosesDict(HistoryPageDict):
    """As `Diagnoses`."""

    provider: None
    diagnoses: Sequence[None]


class HealthCheckupsDict(HistoryPageDict):
    """As `HealthCheckups`."""

    checkups: Sequence[HealthCheckupDict]
