"""The check of duplicate and contraindicated medication (重複投薬等チェック) of the electronic prescription service."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from pydantic import ConfigDict, Field

from eligibility_api.contract import examples
from eligibility_api.contract.durations import IDENTIFICATION_HOURS
from eligibility_api.contract.history import Origin
from eligibility_api.contract.prescriptions import DrugCode, MedicineAct, Times
from eligibility_api.contract.wire import Answer, Day, InstitutionCode, RequestModel

DUPLICATE_CHECKS_PATH: Final = "/v1/duplicate-checks"


class CheckedMedicine(RequestModel):
    """One medicine that is about to be prescribed or dispensed."""

    drug_code: DrugCode
    act: MedicineAct
    times: Times


class PrescriptionReference(RequestModel):
    """A prescription, by its institution and day."""

    institution_code: InstitutionCode
    prescribed_on: Day


class DuplicateCheckRequest(RequestModel):
    """`POST /v1/duplicate-checks`, by an institution before it prescribes or a pharmacy before it dispenses."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.DUPLICATE_CHECK]})

    identified_by: UUID = Field(
        description="`record_id` of this facility's eligibility answer about the patient,"
        f" of the last {IDENTIFICATION_HOURS} hours."
    )
    on: Day = Field(description="The first day of the medicines: of dispensing, or of prescribing.")
    prescription: PrescriptionReference | None = Field(
        default=None,
        description="From a pharmacy, and only from one: the prescription that is dispensed. It is not compared with"
        " itself.",
    )
    same_institution: bool = Field(
        description="Whether medicines of the same prescribing institution are compared too."
    )
    consent_id: UUID | None = Field(
        default=None,
        description="A consent of the patient to this facility to view `prescription`: then the answer names drugs,"
        " days and institutions. Without it the answer has the facts only.",
    )
    medicines: list[CheckedMedicine] = Field(min_length=1, max_length=100)


class DuplicateKind(StrEnum):
    """What was found."""

    DUPLICATE = "duplicate"
    """The same ingredient and route on the same days (重複投薬)."""
    CONTRAINDICATED = "contraindicated"
    """A combination that the package insert forbids, on the same days (併用禁忌)."""


class OtherMedicine(Answer):
    """A medicine of another prescription, dispensing or on-site dispensing."""

    origin: Origin
    drug_code: str
    name: str | None = Field(description="Null if the drug master has no entry.")
    ingredient_code: str
    institution_code: str = Field(description="The prescribing institution.")
    institution_name: str
    first_day: date
    last_day: date


class DuplicateFinding(Answer):
    """A medicine asked about, and another that it duplicates or must not be combined with."""

    kind: DuplicateKind
    medicine: int = Field(description="Position in the request, from 1.")
    other: OtherMedicine


class DuplicateCheckAnswer(Answer):
    """The facts; with the patient's consent also the findings."""

    record_id: str
    checked_at: datetime
    duplicate: bool
    contraindicated: bool
    complete: bool = Field(
        description="False if the patient has more entries or medicines than one check compares, the newest: what is"
        " not found is not certain then."
    )
    consented: bool = Field(description="Whether the findings are listed, by the patient's consent.")
    findings: list[DuplicateFinding] = Field(description="Empty without consent.")
