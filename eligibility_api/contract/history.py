"""Histories under a permit: medicines, treatments, surgery, diagnoses, health check-ups.

`GET /v1/consents/{consent_id}/medications` and its siblings, also under `/v1/emergencies` and
`/v1/disaster-searches`. Two headers identify the operator; the URL contains nothing personal.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from pydantic import Field

from eligibility_api.contract.codes import Category
from eligibility_api.contract.treatment_kinds import TreatmentKind
from eligibility_api.contract.wire import Answer

ROLE_HEADER = "Operator-Role"
"""The operator's role (`codes.Role`), asserted by the terminal. Default: reception."""

OPERATOR_HEADER = "Operator-Name"
"""The operator's name, as the facility names its staff: UTF-8, percent-encoded (RFC 3986 section 2.1)."""


class HistoryResource(StrEnum):
    """The resources of a history: the last segment of the path."""

    MEDICATIONS = "medications"
    TREATMENTS = "treatments"
    SURGERIES = "surgeries"
    DIAGNOSES = "diagnoses"
    HEALTH_CHECKUPS = "health-checkups"


CATEGORY_OF: dict[HistoryResource, Category] = {
    HistoryResource.MEDICATIONS: Category.MEDICATION,
    HistoryResource.TREATMENTS: Category.TREATMENT,
    HistoryResource.SURGERIES: Category.SURGERY,
    HistoryResource.DIAGNOSES: Category.DIAGNOSIS,
    HistoryResource.HEALTH_CHECKUPS: Category.HEALTH_CHECKUP,
}
"""The category that the permit must include.

Medicines include prescriptions and dispensings if `prescription` is allowed too.
"""


class Origin(StrEnum):
    """The source of a row, most reliable first (OQS 7.2: source 1, 2, 3)."""

    CLAIM = "claim"
    """A claim: final, available after 10 to 40 days."""
    DISPENSING = "dispensing"
    PRESCRIPTION = "prescription"
    ON_SITE = "on-site"
    """Dispensed or given by the prescribing institution itself (院内処方)."""


class CareSetting(StrEnum):
    """The setting of the care."""

    OUTPATIENT = "outpatient"
    INPATIENT = "inpatient"
    PHARMACY = "pharmacy"


class Grouping(StrEnum):
    """The grouping of medicines."""

    NONE = "none"
    INGREDIENT = "ingredient"
    DATE = "date"


class Institution(Answer):
    """An institution as named in the claim."""

    institution_code: str
    institution_name: str | None
    own: bool = Field(description="Whether it is the requesting institution.")


class HistoryRow(Answer):
    """Fields of every row of a history."""

    month: str = Field(description="Month of treatment, YYYY-MM.")
    on: date | None = Field(
        description="Day of dispensing or treatment; for a prescription, of prescribing. Null if the claim has none."
    )
    origin: Origin
    claim_month: str | None = Field(description="YYYY-MM; claims only.")
    known_from: datetime = Field(description="Since when the fund shows the row.")
    age_days: int = Field(description="Days from `known_from` until this answer.")
    institution: Institution = Field(
        description="The treating or dispensing institution; for a prescription, the prescribing one."
    )
    setting: CareSetting
    earlier_reader: bool = Field(
        default=False,
        description="Whether an earlier version of the fund's program read the claim: it may say more or less than this row."
        " It is read again when the insurer sends the file again.",
    )


class Medicine(HistoryRow):
    """One medicine on one day (薬剤情報)."""

    row: int = Field(
        description="Position in the whole requested history, from 1, newest first; filters do not renumber."
    )
    prescribed_on: date | None
    prescriber: Institution | None = Field(
        description="The prescribing institution; null if the claim names none."
    )
    act: str | None = Field(description="診療識別: 21 内服, 22 屯服, 23 外用, 31 to 33 注射 …")
    drug_code: str = Field(description="医薬品コード, nine digits.")
    name: str | None = Field(description="Null if the drug master has no entry.")
    ingredient_code: str | None = Field(
        description="First seven characters of the 12-digit 薬価基準収載医薬品コード."
    )
    generic: bool | None
    quantity: str | None = Field(description="A decimal as claimed, per day or dose.")
    unit: str | None
    usage_code: str | None
    usage: str | None = Field(description="用法, by its code or as text.")
    instruction: str | None = Field(description="特別指示.")
    times: int | None = Field(description="Days of supply (内服) or doses.")
    overlaps: list[int] = Field(
        description="Rows of another prescriber with the same ingredient and overlapping days of supply: a mark of our"
        " own in this list, claims included. `/v1/duplicate-checks` checks by the rule of electronic prescriptions."
    )


class MedicineGroup(Answer):
    """Medicines of one ingredient, or of one day."""

    key: str | None = Field(description="Ingredient code, or day; null if there is none.")
    name: str | None = Field(description="Name of the newest medicine of the ingredient.")
    overlaps: bool = Field(description="Whether one of them is marked.")
    medicines: list[Medicine]


class HistoryPage(Answer):
    """Fields of every page of a history."""

    record_id: str
    answered_at: datetime
    available_until: datetime | None = Field(description="End of the permit; null: until withdrawn.")
    from_month: str
    to_month: str
    total: int = Field(description="Number of rows on all pages.")
    next: str | None = Field(description="Cursor of the next page; null at the end.")


class Medications(HistoryPage):
    """`GET …/medications`: `medicines` without grouping, otherwise `groups`; a page never splits a row."""

    medicines: list[Medicine]
    groups: list[MedicineGroup]


class Treatment(HistoryRow):
    """A day of visit, or a listed act of treatment or surgery on one day (診療情報, 手術情報)."""

    row: int
    kind: TreatmentKind = Field(description="What is shown is a list of kinds; other acts are not.")
    act: str | None = Field(description="診療識別; null for a visit.")
    code: str | None = Field(description="診療行為コード, nine digits; null for a visit.")
    quantity: str | None
    times: int | None


class Treatments(HistoryPage):
    """`GET …/treatments`, `GET …/surgeries`."""

    treatments: list[Treatment]


class Diagnoses(HistoryPage):
    """`GET …/diagnoses`: diagnoses of claims are not shared; their provider, 電子カルテ情報共有, is not built here."""

    provider: None = Field(default=None, description="No provider of this information.")
    diagnoses: list[Any] = Field(max_length=0, description="Empty as long as there is no provider.")


class CheckupItem(Answer):
    """One item of a check-up (TKK `HealthCheckupResultAndQuestionInfo`)."""

    item_code: str = Field(description="JLAC10, 17 characters.")
    item_name: str
    data_type: str | None = None
    value: str | None = None
    unit: str | None = None
    oid: str | None = None
    value_name: str | None = None


class HealthCheckup(Answer):
    """One health check-up (特定健診)."""

    row: int
    examined_on: date
    insurer_number: str
    known_from: datetime
    age_days: int
    items: list[CheckupItem]


class HealthCheckups(HistoryPage):
    """`GET …/health-checkups`."""

    checkups: list[HealthCheckup]
