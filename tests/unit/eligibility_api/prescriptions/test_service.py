"""Recording prescriptions and dispensings: who may, for which days, and what is stored of a request (rule W11)."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from eligibility_api.clients.operator import Operator
from eligibility_api.contract import examples
from eligibility_api.contract.codes import FacilityKind, Right, Role
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.contract.prescriptions import DispensingRequest, PrescriptionRequest
from eligibility_api.prescriptions import service
from eligibility_api.prescriptions.store import LEAD
from eligibility_api.state import State
from tests.builders.scripted_database import CLIENT, NOW, asked_of, insurer, scripted_state, terminal

pytestmark = pytest.mark.anyio

TODAY = date(2026, 4, 1)
DAY = timedelta(days=1)
ENTRY, RECORD = UUID(int=7), UUID(int=8)
CALLER = terminal(Right.PRESCRIPTION)
DOCTOR, PHARMACIST = Operator(Role.DOCTOR, "見本　医師"), Operator(Role.PHARMACIST, "見本　薬剤師")
# The parameters of the statement by their places.
RIGHT, KINDS, REFUSAL, ORIGIN, DISPENSED, CODE, NAME, CONTENT = 1, 7, 8, 9, 11, 13, 14, 15


def row(**changes: Any) -> dict[str, Any]:
    stored = {"entry_id": ENTRY, "record_id": RECORD, "known_from": NOW - DAY}
    return {"admitted": True, "entitled": True, "outcome": "former"} | stored | changes


def prescription(on: date = TODAY) -> PrescriptionRequest:
    return PrescriptionRequest.model_validate(examples.PRESCRIPTION | {"prescribed_on": on.isoformat()})


def dispensing(on: date = TODAY, prescribed_on: date = TODAY) -> DispensingRequest:
    days = {"prescribed_on": prescribed_on.isoformat(), "dispensed_on": on.isoformat()}
    return DispensingRequest.model_validate(examples.DISPENSING | days)


async def prescribe(state: State, operator: Operator = DOCTOR, on: date = TODAY, key: str = "k") -> Any:
    return await service.prescribe(state, CALLER, operator, key, prescription(on))


async def refusal_of(operator: Operator, request: PrescriptionRequest | DispensingRequest) -> str | None:
    """The refusal that the statement records; None if it decides itself."""
    state = scripted_state([row()])
    if isinstance(request, DispensingRequest):
        await service.dispense(state, CALLER, operator, "k", request)
    else:
        await service.prescribe(state, CALLER, operator, "k", request)
    [(_, parameters)] = asked_of(state).asked
    refusal: str | None = parameters[REFUSAL]
    return refusal


@pytest.mark.parametrize("role", Role)
async def test_a_prescription_is_a_doctors_a_dentists_or_authorised_staffs(role: Role) -> None:
    permitted = role in {Role.DOCTOR, Role.DENTIST, Role.AUTHORISED_STAFF}
    assert await refusal_of(Operator(role), prescription()) == (None if permitted else "role-not-permitted")


@pytest.mark.parametrize("role", Role)
async def test_a_dispensing_is_a_pharmacists_or_authorised_staffs(role: Role) -> None:
    permitted = role in {Role.PHARMACIST, Role.AUTHORISED_STAFF}
    assert await refusal_of(Operator(role), dispensing()) == (None if permitted else "role-not-permitted")


@pytest.mark.parametrize(
    ("on", "refusal"),
    [
        (TODAY, None),
        (TODAY - 100 * DAY, None),
        (TODAY - 101 * DAY, "prescription-day"),
        (TODAY + DAY, "prescription-day"),
    ],
)
async def test_a_prescription_is_of_the_last_hundred_days(on: date, refusal: str | None) -> None:
    assert await refusal_of(DOCTOR, prescription(on)) == refusal


@pytest.mark.parametrize(
    ("prescribed_on", "on", "refusal"),
    [
        (TODAY - 100 * DAY, TODAY, None),
        (TODAY - 3 * DAY, TODAY - 3 * DAY, None),
        (TODAY - 101 * DAY, TODAY, "prescription-day"),
        (TODAY, TODAY - DAY, "prescription-day"),
        (TODAY, TODAY + DAY, "prescription-day"),
    ],
)
async def test_a_dispensing_does_not_precede_its_prescription(
    prescribed_on: date, on: date, refusal: str | None
) -> None:
    assert await refusal_of(PHARMACIST, dispensing(on, prescribed_on)) == refusal


async def test_a_role_without_permission_is_refused_before_a_wrong_day() -> None:
    assert await refusal_of(Operator(Role.RECEPTION), prescription(TODAY + DAY)) == "role-not-permitted"


async def test_today_is_japans() -> None:
    before_midnight = NOW.replace(hour=14, minute=59)
    for now, refusal in (
        (before_midnight, "prescription-day"),
        (before_midnight + timedelta(minutes=1), None),
    ):
        state = scripted_state([row()], now=now)
        await prescribe(state, on=TODAY + DAY)
        assert asked_of(state).asked[0][1][REFUSAL] == refusal


async def test_a_prescription_is_stored_for_clinics_in_the_form_of_a_claim() -> None:
    state = scripted_state([row()])
    await prescribe(state)
    [(_, parameters)] = asked_of(state).asked
    assert (parameters[0], parameters[RIGHT], parameters[ORIGIN]) == (CLIENT, "prescription", "prescription")
    assert set(parameters[KINDS]) == {FacilityKind.CLINIC, FacilityKind.DENTAL, FacilityKind.HOSPITAL}
    assert (parameters[DISPENSED], parameters[CODE], parameters[NAME]) == (None, None, None)
    institution, prescriber, prescriber_name, drugs, acts, diseases = json.loads(parameters[CONTENT])
    assert (institution, prescriber, prescriber_name, acts, diseases) == (None, None, None, [], [])
    first = examples.PRESCRIPTION["medicines"][0]
    assert drugs[0][:4] == [first["drug_code"], first["quantity"], first["act"], first["times"]]


async def test_a_dispensing_is_stored_for_pharmacies_with_its_prescriber_and_both_days() -> None:
    state = scripted_state([row()])
    await service.dispense(state, CALLER, PHARMACIST, "k", dispensing(TODAY, TODAY - DAY))
    [(_, parameters)] = asked_of(state).asked
    named = examples.DISPENSING["prescriber"]
    assert set(parameters[KINDS]) == {FacilityKind.PHARMACY}
    assert (parameters[CODE], parameters[NAME]) == (named["institution_code"], named["institution_name"])
    content = json.loads(parameters[CONTENT])
    assert content[1:3] == [named["institution_code"], named["institution_name"]]
    assert {tuple(drug[5:7]) for drug in content[3]} == {("2026-04-01", "2026-03-31")}


async def test_the_same_request_has_the_same_digest_and_another_kind_or_day_another() -> None:
    digests = []
    for on in (TODAY, TODAY, TODAY - DAY):
        state = scripted_state([row()])
        await prescribe(state, on=on)
        digests.append(asked_of(state).asked[0][1][6])
    assert (digests[0] == digests[1], digests[0] == digests[2]) == (True, False)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"admitted": False, "entitled": False, "outcome": None}, "client-closed"),
        ({"entitled": False, "outcome": None}, "right-missing"),
        *(({"outcome": code}, code) for code in (
            "facility-kind-not-permitted", "role-not-permitted", "staff-not-authorised", "prescription-day",
            "not-identified", "idempotency-key-reused",
        )),
    ],
)  # fmt: skip
async def test_the_recorded_refusal_is_answered(changes: dict[str, Any], code: str) -> None:
    with pytest.raises(ShikakuError) as refused:
        await prescribe(scripted_state([row(**changes)]))
    assert refused.value.code == code


async def test_a_repeated_call_is_answered_at_once_with_the_former_entry(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def wait(*_: object) -> None:
        raise AssertionError("a former entry is visible already")

    monkeypatch.setattr(service, "wait_until_visible", wait)
    answer = await prescribe(scripted_state([row()]))
    assert (answer.entry_id, answer.record_id, answer.known_from) == (ENTRY, str(RECORD), NOW - DAY)


async def test_a_new_entry_is_answered_once_it_is_visible(monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[timedelta] = []

    async def wait(fixed: float, ahead: timedelta) -> None:
        waited.append(ahead)

    monkeypatch.setattr(service, "wait_until_visible", wait)
    await prescribe(scripted_state([row(outcome="done")]))
    assert waited == [LEAD]


@pytest.mark.parametrize("caller", [terminal(*set(Right) - {Right.PRESCRIPTION}), insurer()])
async def test_without_the_right_nothing_is_asked(caller: Any) -> None:
    state = scripted_state()
    with pytest.raises(ShikakuError, match="right-missing"):
        await service.prescribe(state, caller, DOCTOR, "k", prescription())
    assert asked_of(state).asked == []
