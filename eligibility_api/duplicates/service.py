"""The check of duplicate medication: reads the patient's entries, compares, and tells the facts (rules M1 to M8).

What was found is named only with the patient's consent to this facility to view prescriptions.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from eligibility_api.clients.caller import Caller
from eligibility_api.clients.operator import Operator
from eligibility_api.consent.access_decision import check_granted
from eligibility_api.contract.codes import Right
from eligibility_api.contract.duplicate_checks import (
    CheckedMedicine,
    DuplicateCheckAnswer,
    DuplicateCheckRequest,
    DuplicateFinding,
    DuplicateKind,
    OtherMedicine,
)
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.contract.facility_kinds import kinds_recording
from eligibility_api.contract.history import Origin
from eligibility_api.contract.prescriptions import RECORDING_ROLES
from eligibility_api.domain import duplicates
from eligibility_api.domain.claims import Drug
from eligibility_api.domain.dates import day_in_japan
from eligibility_api.domain.duplicates import Found
from eligibility_api.domain.provisional import valid_entry_days
from eligibility_api.drug_master.cache import DrugMaster
from eligibility_api.drug_master.contraindications import CONTRAINDICATIONS
from eligibility_api.duplicates import store
from eligibility_api.state import State


async def check(
    state: State, caller: Caller, operator: Operator, request: DuplicateCheckRequest
) -> DuplicateCheckAnswer:
    """Compare the medicines asked about with the patient's other ones.

    Raises as recording a prescription or dispensing does, `card-not-usable` for a protected person, and the
    refusals of the access check for the named consent.
    """
    caller.require(Right.PRESCRIPTION)
    origin = Origin.PRESCRIPTION if request.prescription is None else Origin.DISPENSING
    rows = await store.read_entries(
        state.database,
        caller,
        operator,
        request.identified_by,
        on=request.on,
        kinds=kinds_recording(origin),
        refusal=_refusal(operator, origin, request, day_in_japan(state.clock())),
    )
    master = await state.drugs.for_load(state.database, rows.drug_load)
    found = _compare(request, rows, master)
    consented = await _consented(state, caller, operator, request, rows.person_key)
    kinds = {one.kind for one in found}
    return DuplicateCheckAnswer(
        record_id=str(rows.record_id),
        checked_at=rows.recorded_at,
        duplicate=DuplicateKind.DUPLICATE in kinds,
        contraindicated=DuplicateKind.CONTRAINDICATED in kinds,
        complete=rows.compared.complete,
        consented=consented,
        findings=_findings(found, master) if consented else [],
    )


def _refusal(operator: Operator, origin: Origin, request: DuplicateCheckRequest, today: date) -> str | None:
    if operator.role not in RECORDING_ROLES[origin]:
        return "role-not-permitted"
    prescribed_on = request.prescription.prescribed_on if request.prescription else request.on
    return None if valid_entry_days(today, prescribed_on, request.on) else "prescription-day"


def _compare(request: DuplicateCheckRequest, rows: store.CheckRows, master: DrugMaster) -> list[Found]:
    """The medicines found, by the rules."""
    named = request.prescription
    entries = duplicates.compared_entries(
        rows.compared.entries,
        own=named.institution_code if named else rows.institution_code,
        same_institution=request.same_institution,
        prescription=(named.institution_code, named.prescribed_on) if named else None,
    )
    asked = [
        duplicates.medicine(None, _drug(medicine), request.on, master.ingredient)
        for medicine in request.medicines
    ]
    others = duplicates.medicines_of(entries, master.ingredient)
    return duplicates.find(asked, others, CONTRAINDICATIONS)


def _drug(medicine: CheckedMedicine) -> Drug:
    return Drug(medicine.drug_code, None, medicine.act, medicine.times)


async def _consented(
    state: State, caller: Caller, operator: Operator, request: DuplicateCheckRequest, person_key: bytes
) -> bool:
    """Whether the patient consented to more than the facts (M7). Raises the refusals of the access check."""
    if request.consent_id is None:
        return False
    outcome, person = await store.disclosed_person(state.database, caller, operator, request.consent_id)
    check_granted(outcome)
    if person != person_key:
        raise ShikakuError("consent-missing")
    return True


def _findings(found: Sequence[Found], master: DrugMaster) -> list[DuplicateFinding]:
    return [
        DuplicateFinding(kind=one.kind, medicine=one.asked, other=_other(one.other, master)) for one in found
    ]


def _other(medicine: duplicates.Medicine, master: DrugMaster) -> OtherMedicine:
    known = medicine.known
    assert known is not None  # only what was asked about has no entry
    return OtherMedicine(
        origin=known.origin,
        drug_code=medicine.drug.code,
        name=master.entry(medicine.drug.code).name,
        ingredient_code=medicine.ingredient,
        institution_code=duplicates.prescriber_of(known),
        institution_name=known.content.prescriber_name or "",
        first_day=medicine.first,
        last_day=medicine.last,
    )
