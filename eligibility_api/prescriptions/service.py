"""Records a prescription or a dispensing at once: who may record it, for which patient and days (W11).

The patient is the person of a recent eligibility answer of the same facility. A refusal is recorded too. What
is disclosed of an entry, and when a claim replaces it, is decided when it is read (`history/`).
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import date
from uuid import uuid4

from eligibility_api.clients.caller import Caller
from eligibility_api.clients.operator import Operator
from eligibility_api.clients.staff import check_admitted
from eligibility_api.contract.codes import Right
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.contract.facility_kinds import kinds_recording
from eligibility_api.contract.history import Origin
from eligibility_api.contract.prescriptions import (
    RECORDING_ROLES,
    DispensingRequest,
    EntryAnswer,
    OnSiteRequest,
    PrescribedMedicine,
    PrescriptionRequest,
)
from eligibility_api.domain.claims import Content, Drug
from eligibility_api.domain.dates import day_in_japan
from eligibility_api.domain.provisional import valid_entry_days
from eligibility_api.enrolment.change import wait_until_visible
from eligibility_api.enrolment.idempotency import request_digest
from eligibility_api.prescriptions import store
from eligibility_api.prescriptions.store import Entry, IdempotentCall
from eligibility_api.state import State


async def prescribe(
    state: State, caller: Caller, operator: Operator, key: str, request: PrescriptionRequest
) -> EntryAnswer:
    """Record what was prescribed at this facility.

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
    return await _add(state, caller, operator, entry, IdempotentCall(key=key, digest=digest))


async def dispense_on_site(
    state: State, caller: Caller, operator: Operator, key: str, request: OnSiteRequest
) -> EntryAnswer:
    """Record what this facility prescribed and dispensed itself. Raises as `prescribe` does."""
    entry = Entry(
        entry_id=uuid4(),
        origin=Origin.ON_SITE,
        identified_by=request.identified_by,
        prescribed_on=request.dispensed_on,
        dispensed_on=request.dispensed_on,
        content=_content(request.medicines, request.dispensed_on, request.dispensed_on),
    )
    digest = request_digest(entry.origin, request, secret=state.keys.version)
    return await _add(state, caller, operator, entry, IdempotentCall(key=key, digest=digest))


async def dispense(
    state: State, caller: Caller, operator: Operator, key: str, request: DispensingRequest
) -> EntryAnswer:
    """Record what was dispensed at this facility for a prescription. Raises as `prescribe` does."""
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
    return await _add(state, caller, operator, entry, IdempotentCall(key=key, digest=digest))


async def _add(
    state: State, caller: Caller, operator: Operator, entry: Entry, call: IdempotentCall
) -> EntryAnswer:
    caller.require(Right.PRESCRIPTION)
    row = await store.add(
        state.database,
        caller,
        operator,
        entry,
        call,
        kinds=kinds_recording(entry.origin),
        refusal=_refusal(operator, entry, day_in_japan(state.clock())),
    )
    stored_at = time.monotonic()
    check_admitted(row)
    if row["outcome"] not in {"done", "former"}:
        raise ShikakuError(row["outcome"])
    if row["outcome"] == "done":
        await wait_until_visible(stored_at, store.LEAD)
    return EntryAnswer(
        entry_id=row["entry_id"], record_id=str(row["record_id"]), known_from=row["known_from"]
    )


def _refusal(operator: Operator, entry: Entry, today: date) -> str | None:
    if operator.role not in RECORDING_ROLES[entry.origin]:
        return "role-not-permitted"
    return None if valid_entry_days(today, entry.prescribed_on, entry.dispensed_on) else "prescription-day"


def _content(
    medicines: Sequence[PrescribedMedicine],
    prescribed_on: date,
    dispensed_on: date | None = None,
    prescriber: tuple[str | None, str | None] = (None, None),
) -> Content:
    """The content in the form of a claim's. The statement adds the institution's own name."""
    drugs = tuple(
        Drug(
            code=medicine.drug_code,
            quantity=medicine.quantity,
            act=medicine.act,
            times=medicine.times,
            dispensed_on=dispensed_on,
            prescribed_on=prescribed_on,
            usage_code=medicine.usage_code,
            usage=medicine.usage,
            instruction=medicine.instruction,
        )
        for medicine in medicines
    )
    return Content(None, *prescriber, drugs, (), ())
