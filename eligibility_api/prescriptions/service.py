"""Telling of a prescription or a dispensing at once: by whom, about whom, of which days.

The patient is whom an eligibility answer of the same facility showed within 24 hours. A refusal is on record too. What
shows of it, and when a claim takes its place, is told when it is looked at (`history/`).
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import date
from uuid import uuid4

from eligibility_api.clients.caller import Caller
from eligibility_api.clients.operator import Operator
from eligibility_api.clients.staff import check_admitted
from eligibility_api.contract.codes import FacilityKind, Right, Role
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.contract.history import Origin
from eligibility_api.contract.prescriptions import (
    DispensingRequest,
    EntryAnswer,
    PrescribedMedicine,
    PrescriptionRequest,
)
from eligibility_api.domain.claims import Content, Drug
from eligibility_api.domain.dates import day_in_japan
from eligibility_api.domain.provisional import valid_entry_days
from eligibility_api.enrolment.change import wait_until_visible
from eligibility_api.enrolment.idempotency import request_digest
from eligibility_api.prescriptions import store
from eligibility_api.prescriptions.store import Entry, Once
from eligibility_api.state import State

_KINDS = {
    Origin.PRESCRIPTION: (FacilityKind.CLINIC, FacilityKind.HOSPITAL, FacilityKind.DENTAL),
    Origin.DISPENSING: (FacilityKind.PHARMACY,),
}
_ROLES = {
    Origin.PRESCRIPTION: {Role.DOCTOR, Role.DENTIST, Role.AUTHORISED_STAFF},
    Origin.DISPENSING: {Role.PHARMACIST, Role.AUTHORISED_STAFF},
}


async def prescribe(
    state: State, caller: Caller, operator: Operator, key: str, request: PrescriptionRequest
) -> EntryAnswer:
    """Keep what was prescribed here.

    Raises `facility-kind-not-permitted`, `role-not-permitted`, `staff-not-authorised`, `prescription-day`,
    `not-identified`, `idempotency-key-reused`, `client-closed`.
    """
    entry = Entry(
        entry_id=uuid4(),
        origin=Origin.PRESCRIPTION,
        identified_by=request.identified_by,
        prescribed_on=request.prescribed_on,
        content=_content(request.medicines, request.prescribed_on),
    )
    digest = request_digest(entry.origin, request, secret=state.keys.version)
    return await _tell(state, caller, operator, entry, Once(key=key, digest=digest))


async def dispense(
    state: State, caller: Caller, operator: Operator, key: str, request: DispensingRequest
) -> EntryAnswer:
    """Keep what was dispensed here for a prescription. Raises as `prescribe` does."""
    prescriber = (request.prescriber.institution_code, request.prescriber.institution_name)
    entry = Entry(
        entry_id=uuid4(),
        origin=Origin.DISPENSING,
        identified_by=request.identified_by,
        prescribed_on=request.prescribed_on,
        dispensed_on=request.dispensed_on,
        prescriber=prescriber,
        content=_content(request.medicines, request.prescribed_on, request.dispensed_on, prescriber),
    )
    digest = request_digest(entry.origin, request, secret=state.keys.version)
    return await _tell(state, caller, operator, entry, Once(key=key, digest=digest))


async def _tell(state: State, caller: Caller, operator: Operator, entry: Entry, once: Once) -> EntryAnswer:
    caller.need(Right.PRESCRIPTION)
    row = await store.tell(
        state.database,
        caller,
        operator,
        entry,
        once,
        kinds=_KINDS[entry.origin],
        refusal=_refusal(operator, entry, day_in_japan(state.clock())),
    )
    kept = time.monotonic()
    check_admitted(row)
    if row["outcome"] not in {"done", "former"}:
        raise ShikakuError(row["outcome"])
    if row["outcome"] == "done":
        await wait_until_visible(kept, store.LEAD)
    return EntryAnswer(
        entry_id=row["entry_id"], record_id=str(row["record_id"]), known_from=row["known_from"]
    )


def _refusal(operator: Operator, entry: Entry, today: date) -> str | None:
    if operator.role not in _ROLES[entry.origin]:
        return "role-not-permitted"
    return None if valid_entry_days(today, entry.prescribed_on, entry.dispensed_on) else "prescription-day"


def _content(
    medicines: Sequence[PrescribedMedicine],
    prescribed_on: date,
    dispensed_on: date | None = None,
    prescriber: tuple[str | None, str | None] = (None, None),
) -> Content:
    """As a receipt has it. The institution's own name is the fund's to add."""
    drugs = tuple(
        Drug(
            code=given.drug_code,
            quantity=given.quantity,
            act=given.act,
            times=given.times,
            dispensed_on=dispensed_on,
            prescribed_on=prescribed_on,
            usage_code=given.usage_code,
            usage=given.usage,
            instruction=given.instruction,
        )
        for given in medicines
    )
    return Content(None, *prescriber, drugs, (), ())
