"""処方・調剤情報: recorded at once, for persons whom the facility identified, once for each key; refusals are recorded."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from eligibility_api.contract.codes import FacilityKind, Right, Role
from eligibility_api.contract.prescriptions import PrescribedMedicine
from eligibility_api.contract.tokens import Credential
from eligibility_api.domain.claims import decode
from eligibility_api.domain.dates import day_in_japan
from tests.builders.claims import fetch_history, grant_permit
from tests.builders.fund import Fund
from tests.builders.fund_clients import CLINIC, HOSPITAL, OTHER_CLINIC
from tests.builders.people import Person
from tests.builders.staff import as_staff, name_staff

pytestmark = pytest.mark.anyio

PHARMACY = "1341111118"
RIGHTS = (Right.ELIGIBILITY, Right.REGISTRATION, Right.PRESCRIPTION, Right.CONSENT)
MEDICINE: dict[str, Any] = {
    "drug_code": "990000101",
    "quantity": "1.5",
    "act": "21",
    "usage_code": "006",
    "usage": "架空の用法",
    "times": 14,
}
DOCTOR = as_staff(Role.DOCTOR, "見本　医師")
PHARMACIST = as_staff(Role.PHARMACIST, "見本　薬剤師")


@pytest.fixture(scope="module")
async def clinic(fund: Fund) -> Credential:
    """A clinic's terminal with the right to record prescriptions."""
    return await fund.terminal(rights=RIGHTS)


@pytest.fixture(scope="module")
async def pharmacy(fund: Fund) -> Credential:
    """A pharmacy's terminal with the right to record dispensings."""
    return await fund.terminal(institution_code=PHARMACY, kind=FacilityKind.PHARMACY, rights=RIGHTS)


async def identified(fund: Fund, person: Person, terminal: Credential) -> str:
    """The record of a tap that identified the person."""
    return str((await fund.tap(person.card, terminal)).json()["record_id"])


def prescribed(fund: Fund, record: str, days: int = 0, **more: Any) -> dict[str, Any]:
    """A prescription dated `days` from today."""
    day = day_in_japan(fund.clock()) + timedelta(days=days)
    return {"identified_by": record, "prescribed_on": day.isoformat(), "medicines": [MEDICINE]} | more


def dispensed(fund: Fund, record: str, days: int = 0, **more: Any) -> dict[str, Any]:
    """A dispensing dated `days` from today for a prescription of today."""
    day = day_in_japan(fund.clock()) + timedelta(days=days)
    prescriber = {"institution_code": CLINIC, "institution_name": "架空診療所"}
    return prescribed(fund, record) | {"dispensed_on": day.isoformat(), "prescriber": prescriber} | more


async def prescribe(
    fund: Fund, body: dict[str, Any], terminal: Credential, headers: dict[str, str] = DOCTOR, **more: Any
) -> httpx2.Response:
    return await fund.post("/v1/prescriptions", body, terminal, headers=headers, **more)


async def dispense(
    fund: Fund, body: dict[str, Any], terminal: Credential, headers: dict[str, str] = PHARMACIST, **more: Any
) -> httpx2.Response:
    return await fund.post("/v1/dispensings", body, terminal, headers=headers, **more)


async def dispense_on_site(
    fund: Fund, record: str, terminal: Credential, headers: dict[str, str] = DOCTOR, days: int = 0
) -> httpx2.Response:
    day = day_in_japan(fund.clock()) + timedelta(days=days)
    body = {"identified_by": record, "dispensed_on": day.isoformat(), "medicines": [MEDICINE]}
    return await fund.post("/v1/on-site-dispensings", body, terminal, headers=headers)


async def kept(fund: Fund, entry_id: str) -> dict[str, Any]:
    [row] = await fund.owner.fetch("SELECT * FROM prescription_entry WHERE entry_id = $1", [entry_id])
    return dict(row)


async def last(fund: Fund, kind: str) -> tuple[str, str | None, dict[str, Any], bool]:
    """Outcome, operator and detail of the newest record of a kind, and whether it names a person."""
    record = (await fund.records("kind = $1", kind))[-1]
    return (
        record["outcome"],
        record["operator"],
        json.loads(record["detail"]),
        record["person_key"] is not None,
    )


async def test_a_prescription_is_stored_in_the_form_of_a_claim_and_recorded(
    fund: Fund, clinic: Credential
) -> None:
    record = await identified(fund, await fund.insured(), clinic)
    before = fund.clock()

    recorded = await prescribe(fund, prescribed(fund, record, -1), clinic)

    assert recorded.status_code == 201, recorded.text
    row = await kept(fund, recorded.json()["entry_id"])
    [identity] = await fund.records("record_id = $1::text::uuid", record)
    content = decode(row["content"])
    [drug] = content.drugs
    assert (row["origin"], row["institution_code"], row["prescriber_code"]) == (
        "prescription",
        CLINIC,
        CLINIC,
    )
    assert row["person_key"] == identity["person_key"]
    assert (content.institution_name, content.prescriber_code) == ("試験医院", None)
    assert (drug.code, drug.quantity, drug.times, drug.usage) == ("990000101", "1.5", 14, "架空の用法")
    assert (drug.prescribed_on, drug.dispensed_on) == (row["prescribed_on"], None)
    assert before < row["known_from"] < fund.clock()
    assert str(row["record_id"]) == recorded.json()["record_id"]
    expected = {"role": "doctor", "entry": recorded.json()["entry_id"]}
    assert await last(fund, "prescription.recorded") == ("done", "見本　医師", expected, True)


async def test_a_dispensing_names_its_prescriber(fund: Fund, pharmacy: Credential) -> None:
    record = await identified(fund, await fund.insured(), pharmacy)
    recorded = await dispense(fund, dispensed(fund, record), pharmacy)
    assert recorded.status_code == 201, recorded.text
    row = await kept(fund, recorded.json()["entry_id"])
    content = decode(row["content"])
    assert (row["origin"], row["institution_code"]) == ("dispensing", PHARMACY)
    assert (row["prescriber_code"], row["prescriber_name"]) == (CLINIC, "架空診療所")
    assert (content.prescriber_code, content.prescriber_name) == (CLINIC, "架空診療所")
    assert content.drugs[0].dispensed_on == row["dispensed_on"]


async def test_an_on_site_dispensing_is_of_the_clinic_itself(fund: Fund, clinic: Credential) -> None:
    """Rules H6, W11: the third origin."""
    record = await identified(fund, await fund.insured(), clinic)
    recorded = await dispense_on_site(fund, record, clinic, days=-2)
    assert recorded.status_code == 201, recorded.text
    row = await kept(fund, recorded.json()["entry_id"])
    [drug] = decode(row["content"]).drugs
    assert (row["origin"], row["prescriber_code"], row["prescriber_name"]) == ("on-site", CLINIC, "試験医院")
    assert row["prescribed_on"] == row["dispensed_on"] == drug.dispensed_on == drug.prescribed_on
    assert (await last(fund, "on-site.recorded"))[0] == "done"


@pytest.mark.parametrize(
    ("headers", "days", "code"),
    [
        (PHARMACIST, 0, "role-not-permitted"),
        (DOCTOR, 1, "prescription-day"),
        (DOCTOR, -101, "prescription-day"),
    ],
    ids=["role", "future", "old"],
)
async def test_an_on_site_dispensing_is_refused(
    fund: Fund, clinic: Credential, headers: dict[str, str], days: int, code: str
) -> None:
    """Rule W11."""
    record = await identified(fund, await fund.insured(), clinic)
    refused = await dispense_on_site(fund, record, clinic, headers, days)
    assert refused.json()["code"] == code
    assert (await last(fund, "on-site.recorded"))[0] == code


async def test_an_entry_is_disclosed_at_once_if_the_patient_allows_it(fund: Fund, clinic: Credential) -> None:
    person = await fund.insured()
    await prescribe(fund, prescribed(fund, await identified(fund, person, clinic)), clinic)
    shown = []
    for categories in (["medication", "prescription"], ["medication"]):
        consent = (await fund.consent(person.card, categories, clinic)).json()["consent_id"]
        headers = {"Authorization": f"Bearer {await fund.token(clinic)}"} | DOCTOR
        fetch_history = await fund.http.get(f"/v1/consents/{consent}/medications", headers=headers)
        shown.append([(row["origin"], row["drug_code"]) for row in fetch_history.json()["medicines"]])
    assert shown == [[("prescription", "990000101")], []]


async def test_an_identification_by_number_suffices(fund: Fund, clinic: Credential) -> None:
    record = (await fund.look_up(await fund.insured(), clinic)).json()["record_id"]
    assert (await prescribe(fund, prescribed(fund, record), clinic)).status_code == 201


async def test_an_entry_of_a_person_mixed_up_by_number_is_hidden_after_the_correction(
    fund: Fund, clinic: Credential
) -> None:
    member, other = fund.person(), await fund.insured()
    wrong = fund.enrolment_body(other, number=member.resident.resident_id[1:])
    enrolled = (await fund.post("/v1/enrolments", wrong, fund.insurer)).json()
    record = (await fund.look_up(member, clinic)).json()["record_id"]
    assert (await prescribe(fund, prescribed(fund, record), clinic)).status_code == 201
    permit = await grant_permit(fund, other, clinic)
    assert len((await fetch_history(fund, permit, clinic, role=Role.DOCTOR))["medicines"]) == 1

    parting = {"enrolment_id": enrolled["enrolment_id"]}
    assert (await fund.post("/v1/enrolments/unlink", parting, fund.insurer)).status_code == 200

    assert (await fetch_history(fund, permit, clinic, role=Role.DOCTOR))["medicines"] == []


async def test_a_repeated_call_is_one_entry_and_another_call_with_its_key_is_refused(
    fund: Fund, clinic: Credential
) -> None:
    body = prescribed(fund, await identified(fund, await fund.insured(), clinic))
    key = uuid4().hex
    first, second = [await prescribe(fund, body, clinic, key=key) for _ in range(2)]
    other = await prescribe(fund, body | {"medicines": [MEDICINE] * 2}, clinic, key=key)
    assert (first.status_code, second.json()) == (201, first.json())
    assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")
    records = await fund.records("detail ->> 'entry' = $1", first.json()["entry_id"])
    assert len(records) == 1


async def test_simultaneous_identical_calls_are_one_entry(fund: Fund, clinic: Credential) -> None:
    body = prescribed(fund, await identified(fund, await fund.insured(), clinic))
    key = uuid4().hex
    recorded = await asyncio.gather(*(prescribe(fund, body, clinic, key=key) for _ in range(8)))
    assert {response.status_code for response in recorded} == {201}
    assert len({response.text for response in recorded}) == 1


async def test_a_call_without_idempotency_key_is_rejected(fund: Fund, clinic: Credential) -> None:
    headers = {"Authorization": f"Bearer {await fund.token(clinic)}"} | DOCTOR
    response = await fund.http.post("/v1/prescriptions", json=prescribed(fund, str(uuid4())), headers=headers)
    assert response.json()["code"] == "idempotency-key-missing"


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({}, "role-not-permitted"),
        (as_staff(Role.RECEPTION, "受付　見本"), "role-not-permitted"),
        (as_staff(Role.PHARMACIST, "見本　薬剤師"), "role-not-permitted"),
        (as_staff(Role.AUTHORISED_STAFF), "staff-not-authorised"),
        (as_staff(Role.AUTHORISED_STAFF, "見本　未登録"), "staff-not-authorised"),
    ],
)
async def test_a_role_without_permission_is_refused_and_recorded(
    fund: Fund, clinic: Credential, headers: dict[str, str], code: str
) -> None:
    record = await identified(fund, await fund.insured(), clinic)
    response = await prescribe(fund, prescribed(fund, record), clinic, headers)
    assert (response.status_code, response.json()["code"]) == (403, code)
    outcome, _, detail, of_somebody = await last(fund, "prescription.recorded")
    assert (outcome, "entry" in detail, of_somebody) == (code, False, True)


async def test_authorised_staff_may_prescribe_until_the_authorisation_ends(
    fund: Fund, clinic: Credential
) -> None:
    staff = "見本　職員"
    await name_staff(fund, staff)
    body = prescribed(fund, await identified(fund, await fund.insured(), clinic))
    first = await prescribe(fund, body, clinic, as_staff(Role.AUTHORISED_STAFF, staff))
    await fund.owner.fetch("UPDATE facility_operator SET ended_at = now() WHERE operator = $1", [staff])
    second = await prescribe(fund, body, clinic, as_staff(Role.AUTHORISED_STAFF, staff))
    assert (first.status_code, second.json()["code"]) == (201, "staff-not-authorised")


async def test_an_operator_authorised_for_emergencies_only_may_not_prescribe(fund: Fund) -> None:
    hospital = await fund.terminal(institution_code=HOSPITAL, kind=FacilityKind.HOSPITAL, rights=RIGHTS)
    await name_staff(fund, "見本　救急", HOSPITAL, medical=False, emergency=True)
    body = prescribed(fund, await identified(fund, await fund.insured(), hospital))
    response = await prescribe(fund, body, hospital, as_staff(Role.AUTHORISED_STAFF, "見本　救急"))
    assert response.json()["code"] == "staff-not-authorised"


async def test_a_pharmacy_may_not_prescribe_and_a_clinic_may_not_dispense(
    fund: Fund, clinic: Credential, pharmacy: Credential
) -> None:
    person = await fund.insured()
    wrong = [
        await prescribe(fund, prescribed(fund, await identified(fund, person, pharmacy)), pharmacy),
        await dispense(fund, dispensed(fund, await identified(fund, person, clinic)), clinic),
        await dispense_on_site(fund, await identified(fund, person, pharmacy), pharmacy),
    ]
    assert [(r.status_code, r.json()["code"]) for r in wrong] == [(403, "facility-kind-not-permitted")] * 3
    assert (await last(fund, "dispensing.recorded"))[0] == "facility-kind-not-permitted"


@pytest.mark.parametrize("days", [1, -101])
async def test_a_future_or_too_old_day_is_refused(fund: Fund, clinic: Credential, days: int) -> None:
    record = await identified(fund, await fund.insured(), clinic)
    response = await prescribe(fund, prescribed(fund, record, days), clinic)
    assert (response.status_code, response.json()["code"]) == (422, "prescription-day")
    assert (await last(fund, "prescription.recorded"))[0] == "prescription-day"
    assert (await prescribe(fund, prescribed(fund, record, -100), clinic)).status_code == 201


async def test_a_dispensing_before_its_prescription_is_refused(fund: Fund, pharmacy: Credential) -> None:
    record = await identified(fund, await fund.insured(), pharmacy)
    assert (await dispense(fund, dispensed(fund, record, -1), pharmacy)).json()["code"] == "prescription-day"


async def test_an_entry_for_a_person_not_identified_here_is_refused(fund: Fund, clinic: Credential) -> None:
    person, nobody = await fund.insured(), fund.person()
    elsewhere = await fund.terminal(institution_code=OTHER_CLINIC, rights=RIGHTS)
    await fund.enrol(nobody, name="試験　別人")
    records = [
        str(uuid4()),
        await identified(fund, person, elsewhere),
        (await fund.look_up(nobody, clinic)).json().get("record_id", str(uuid4())),
        (await fund.look_up(person, clinic, number="0000-000000")).json()["record_id"],
    ]
    refused = [await prescribe(fund, prescribed(fund, record), clinic) for record in records]
    assert [(r.status_code, r.json()["code"]) for r in refused] == [(403, "not-identified")] * 4
    assert await last(fund, "prescription.recorded") == (
        "not-identified",
        "見本　医師",
        {"role": "doctor"},
        False,
    )


async def test_an_answer_for_known_at_identifies_nobody(fund: Fund, clinic: Credential) -> None:
    person = await fund.insured()
    await fund.look_up(person, clinic)
    asked = await fund.look_up(person, clinic, known_at=fund.clock().isoformat())
    assert asked.status_code == 200, asked.text
    response = await prescribe(fund, prescribed(fund, asked.json()["record_id"]), clinic)
    assert response.json()["code"] == "not-identified"


async def test_an_identification_is_valid_for_a_day(fund: Fund, clinic: Credential) -> None:
    record = await identified(fund, await fund.insured(), clinic)
    async with fund.clock_offset(timedelta(hours=23, minutes=59)):
        in_time = await prescribe(fund, prescribed(fund, record), clinic)
        await fund.set_clock_offset(timedelta(hours=24))
        late = await prescribe(fund, prescribed(fund, record), clinic)
    assert (in_time.status_code, late.json()["code"]) == (201, "not-identified")


async def test_a_terminal_without_the_right_or_closed_is_refused(fund: Fund) -> None:
    without, closed = await fund.terminal(), await fund.terminal(rights=RIGHTS)
    record = await identified(fund, await fund.insured(), closed)
    await fund.owner.fetch(
        "UPDATE client SET closed_at = now() WHERE client_id = $1::text::uuid", [closed.client_id]
    )
    codes = [
        (await prescribe(fund, prescribed(fund, record), terminal)).json()["code"]
        for terminal in (without, closed)
    ]
    assert codes == ["right-missing", "client-closed"]


@pytest.mark.parametrize(
    "wrong", [{"quantity": "-1"}, {"quantity": "01"}, {"drug_code": "1"}, {"times": 0}, {"act": "99"}]
)
async def test_a_medicine_of_another_form_is_rejected(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        PrescribedMedicine.model_validate(MEDICINE | wrong)
