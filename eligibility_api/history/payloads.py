"""The response bodies of a history, as plain dictionaries with the members of the contract's models (`contract.history`).

A history has hundreds of rows, and every value was validated when it was stored: a model of each row would validate all of
them again. A test ensures that the members are those of the contract.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import TypedDict


class PlaceDict(TypedDict):
    """As `Place`."""

    institution_code: str
    institution_name: str | None
    own: bool


class OriginDict(TypedDict):
    """The members of `Source` that all rows of one claim or entry share."""

    month: str
    origin: str
    claim_month: str | None
    known_from: datetime
    age_days: int
    institution: PlaceDict
    setting: str


class SourceDict(OriginDict):
    """As `Source`."""

    on: date | None


class MedicineDict(SourceDict):
    """As `Medicine`."""

    row: int
    prescribed_on: date | None
    prescriber: PlaceDict | None
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


class MedicineGroupDict(TypedDict):
    """As `MedicineGroup`."""

    key: str | None
    name: str | None
    duplicates: bool
    medicines: Sequence[MedicineDict]


class TreatmentDict(SourceDict):
    """As `Treatment`."""

    row: int
    act: str | None
    code: str
    quantity: str | None
    times: int | None


class DiagnosisDict(SourceDict):
    """As `Diagnosis`."""

    row: int
    code: str
    name: str | None
    modifiers: Sequence[str]
    began_on: date | None
    outcome: str | None
    main: bool


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


class PageDict(TypedDict):
    """As `Page`."""

    record_id: str
    answered_at: datetime
    available_until: datetime | None
    from_month: str
    to_month: str
    total: int
    next: str | None


class MedicationsDict(PageDict):
    """As `Medications`."""

    medicines: Sequence[MedicineDict]
    groups: Sequence[MedicineGroupDict]


class TreatmentsDict(PageDict):
    """As `Treatments`."""

    treatments: Sequence[TreatmentDict]


class DiagnosesDict(PageDict):
    """As `Diagnoses`."""

    diagnoses: Sequence[DiagnosisDict]


class HealthCheckupsDict(PageDict):
    """As `HealthCheckups`."""

    checkups: Sequence[HealthCheckupDict]
