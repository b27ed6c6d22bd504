"""Prescriptions and dispensings (電子処方箋の処方・調剤情報), provisional until the claim arrives."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

from pydantic import ConfigDict, Field, StringConstraints

from eligibility_api.contract import examples
from eligibility_api.contract.codes import Role
from eligibility_api.contract.durations import IDENTIFICATION_HOURS
from eligibility_api.contract.history import Origin
from eligibility_api.contract.wire import Answer, Day, InstitutionCode, PersonText, RequestModel, Text

_PRESCRIBING = frozenset({Role.DOCTOR, Role.DENTIST, Role.AUTHORISED_STAFF})

RECORDING_ROLES: Final[Mapping[Origin, frozenset[Role]]] = {
    Origin.PRESCRIPTION: _PRESCRIBING,
    Origin.ON_SITE: _PRESCRIBING,
    Origin.DISPENSING: frozenset({Role.PHARMACIST, Role.AUTHORISED_STAFF}),
}
"""Who may record entries of each origin (rule W11)."""

DrugCode = Annotated[str, StringConstraints(pattern=r"^[0-9]{9}$", max_length=9)]
Quantity = Annotated[str, StringConstraints(pattern=r"^(0|[1-9][0-9]{0,5})(\.[0-9]{1,5})?$", max_length=12)]


MedicineAct = Annotated[
    Annotated[str, StringConstraints(pattern=r"^(21|22|23|31|32|33)$", max_length=2)],
    Field(description="診療識別: 21 内服, 22 屯服, 23 外用, 31 to 33 注射."),
]
Times = Annotated[int, Field(ge=1, le=999, description="Days of supply (内服) or doses.")]


class PrescribedMedicine(RequestModel):
    """One medicine."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.PRESCRIBED]})

    drug_code: DrugCode
    quantity: Quantity = Field(description="Per day or dose, in the unit of the drug master.")
    act: MedicineAct
    usage_code: Annotated[str, StringConstraints(pattern=r"^[0-9]{3}$", max_length=3)] | None = None
    usage: Annotated[Text, StringConstraints(min_length=1, max_length=80)] | None = None
    instruction: Annotated[Text, StringConstraints(min_length=1, max_length=80)] | None = None
    times: Times


class PrescriptionRequest(RequestModel):
    """`POST /v1/prescriptions`, by clinics, hospitals and dental clinics."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.PRESCRIPTION]})

    identified_by: UUID = Field(
        description="`record_id` of this facility's eligibility answer about the patient,"
        f" of the last {IDENTIFICATION_HOURS} hours."
    )
    prescribed_on: Day
    medicines: list[PrescribedMedicine] = Field(min_length=1, max_length=100)


class OnSiteRequest(RequestModel):
    """`POST /v1/on-site-dispensings`: medicines that the prescribing institution itself dispensed or gave (院内処方)."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.ON_SITE]})

    identified_by: UUID = Field(
        description="`record_id` of this facility's eligibility answer about the patient,"
        f" of the last {IDENTIFICATION_HOURS} hours."
    )
    dispensed_on: Day
    medicines: list[PrescribedMedicine] = Field(min_length=1, max_length=100)


class Prescriber(RequestModel):
    """The prescribing institution, as named in the prescription."""

    institution_code: InstitutionCode
    institution_name: PersonText


class DispensingRequest(RequestModel):
    """`POST /v1/dispensings`, by pharmacies."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.DISPENSING]})

    identified_by: UUID
    prescribed_on: Day
    dispensed_on: Day
    prescriber: Prescriber
    medicines: list[PrescribedMedicine] = Field(min_length=1, max_length=100)


class EntryAnswer(Answer):
    """The recorded entry."""

    entry_id: UUID
    record_id: str
    known_from: datetime
