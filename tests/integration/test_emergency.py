"""Emergency access without consent: its permit, its reason, and who may have it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import uuid4

import pytest

from eligibility_api.contract.codes import FacilityKind, Role
from eligibility_api.contract.history import OPERATOR_HEADER
from eligibility_api.contract.tokens import Credential
from eligibility_api.facilities import operators
from tests.builders.emergencies import (
    NOTE,
    RIGHTS,
    ask,
    attempts,
    code,
    early_in_a_time_step,
    emergency_terminal,
    identified,
    permits,
)
from tests.builders.fund import Fund
from tests.builders.fund_clients import HOSPITAL, OTHER_HOSPITAL
from tests.builders.staff import Authenticator, as_staff, name_staff

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
async def terminal(fund: Fund) -> Credential:
    return await emergency_terminal(fund)


@pytest.fixture
async def doctor(fund: Fund) -> Authenticator:
    """An operator authorised for emergencies, new for each test."""
    return await Authenticator.of(fund, f"見本　医師{uuid4().hex[:8]}")


@pytest.fixture
async def early(fund: Fund) -> AsyncIterator[None]:
    async with early_in_a_time_step(fund):
        yield


async def test_a_permit_lasts_a_day_and_stores_its_reason(
    fund: Fund, terminal: Credential, doctor: Authenticator
) -> None:
    person = await fund.insured()
    record = await identified(fund, terminal, person)

    given = await ask(fund, terminal, doctor, record)

    assert given.status_code == 201, given.text
    answer = given.json()
    assert (answer["basis"], answer["categories"]) == ("emergency", ["medication", "allergy"])
    assert "記録" in answer["notice"]
    [permit] = await fund.owner.fetch(
        "SELECT * FROM permit WHERE permit_id = $1::text::uuid", [answer["permit_id"]]
    )
    assert permit["until"] - permit["given_at"] == timedelta(hours=24)
    assert (permit["care"], permit["institution_code"], permit["operator"]) == (
        "4",
        HOSPITAL,
        doctor.operator,
    )
    assert json.loads(permit["reason"]) == {"reason": "unconscious", "note": NOTE}
    [recorded] = await fund.records("record_id = $1::text::uuid", answer["record_id"])
    assert (recorded["kind"], recorded["outcome"], recorded["operator"]) == (
        "emergency.permit",
        "permitted",
        doctor.operator,
    )
    assert recorded["person_key"] == permit["person_key"]
    assert recorded["consents"] == ["medication", "allergy"]
    assert json.loads(recorded["detail"]) == {
        "role": "doctor",
        "permit": answer["permit_id"],
        "reason": "unconscious",
        "note": NOTE,
    }


async def test_a_permit_grants_access_to_its_operator_only(
    fund: Fund, terminal: Credential, doctor: Authenticator
) -> None:
    given = await ask(fund, terminal, doctor, await identified(fund, terminal))
    path = f"/v1/emergencies/{given.json()['permit_id']}/medications"
    token = {"Authorization": f"Bearer {await fund.token(terminal)}"}
    response = await fund.http.get(path, headers=token | as_staff(Role.DOCTOR, doctor.operator))
    other = await fund.http.get(path, headers=token | as_staff(Role.DOCTOR, "見本　別人"))
    assert OPERATOR_HEADER in as_staff(Role.DOCTOR, doctor.operator)
    assert (response.status_code, code(other)) == (200, (403, "staff-not-authorised"))


async def test_an_operator_whose_authorisation_ended_loses_access(
    fund: Fund, terminal: Credential, doctor: Authenticator
) -> None:
    given = await ask(fund, terminal, doctor, await identified(fund, terminal))
    async with fund.owner.transaction() as connection:
        await operators.end(connection, HOSPITAL, doctor.operator)
    token = {"Authorization": f"Bearer {await fund.token(terminal)}"}
    path = f"/v1/emergencies/{given.json()['permit_id']}/medications"
    response = await fund.http.get(path, headers=token | as_staff(Role.DOCTOR, doctor.operator))
    assert code(response) == (403, "staff-not-authorised")


async def test_the_permit_for_a_person_mixed_up_by_number_ends_with_the_correction(
    fund: Fund, terminal: Credential, doctor: Authenticator
) -> None:
    member, other = fund.person(), await fund.insured()
    wrong = fund.enrolment_body(other, number=member.resident.resident_id[1:])
    enrolled = (await fund.post("/v1/enrolments", wrong, fund.insurer)).json()
    given = await ask(fund, terminal, doctor, await identified(fund, terminal, member))
    token = {"Authorization": f"Bearer {await fund.token(terminal)}"} | as_staff(Role.DOCTOR, doctor.operator)
    path = f"/v1/emergencies/{given.json()['permit_id']}/medications"
    assert (await fund.http.get(path, headers=token)).status_code == 200

    parting = {"enrolment_id": enrolled["enrolment_id"]}
    assert (await fund.post("/v1/enrolments/unlink", parting, fund.insurer)).status_code == 200

    assert code(await fund.http.get(path, headers=token)) == (403, "card-not-usable")


@pytest.mark.parametrize("role", ["reception", "authorised-staff"])
async def test_a_role_without_permission_is_refused_and_recorded(
    fund: Fund, terminal: Credential, doctor: Authenticator, role: str
) -> None:
    """An operator authorised for emergencies only is not authorised staff."""
    refused = await ask(fund, terminal, doctor, await identified(fund, terminal), role=role)
    expected = "role-not-permitted" if role == "reception" else "staff-not-authorised"
    assert code(refused) == (403, expected)
    assert await attempts(fund, doctor) == [expected]


async def test_an_operator_not_authorised_here_is_refused_and_recorded(
    fund: Fund, terminal: Credential, doctor: Authenticator
) -> None:
    record = await identified(fund, terminal)
    elsewhere = await fund.terminal(
        institution_code=OTHER_HOSPITAL, kind=FacilityKind.HOSPITAL, rights=RIGHTS
    )
    medical = f"見本　職員{uuid4().hex[:8]}"
    await name_staff(fund, medical, HOSPITAL)
    password = {"one_time_password": doctor.password()}
    refused = [
        await ask(fund, terminal, doctor, record, operator="見本　未登録", **password),
        await ask(fund, terminal, doctor, record, operator=medical, role="authorised-staff", **password),
        await ask(fund, elsewhere, doctor, await identified(fund, elsewhere), **password),
    ]
    await fund.owner.fetch(
        "UPDATE facility_operator SET ended_at = now() WHERE operator = $1", [doctor.operator]
    )
    refused.append(await ask(fund, terminal, doctor, record, **password))
    assert {code(response) for response in refused} == {(403, "staff-not-authorised")}
    assert await attempts(fund, doctor) == ["staff-not-authorised"] * 2


@pytest.mark.usefixtures("early")
async def test_a_patient_not_identified_here_recently_is_refused(
    fund: Fund, terminal: Credential, doctor: Authenticator
) -> None:
    person = await fund.insured()
    elsewhere = await fund.terminal(
        institution_code=OTHER_HOSPITAL, kind=FacilityKind.HOSPITAL, rights=RIGHTS
    )
    refused = [
        await ask(fund, terminal, doctor, record, one_time_password=doctor.password(0))
        for record in (str(uuid4()), await identified(fund, elsewhere, person))
    ]
    assert {code(response) for response in refused} == {(403, "not-identified")}
    assert await attempts(fund, doctor) == ["not-identified"] * 2
    # The refusals spent no password.
    again = await ask(
        fund, terminal, doctor, await identified(fund, terminal), one_time_password=doctor.password(0)
    )
    assert again.status_code == 201


async def test_an_identification_is_valid_for_ten_minutes(
    fund: Fund, terminal: Credential, doctor: Authenticator
) -> None:
    record = await identified(fund, terminal)
    async with fund.clock_offset(timedelta(minutes=9, seconds=50)):
        in_time = await ask(fund, terminal, doctor, record)
        await fund.set_clock_offset(timedelta(minutes=10))
        late = await ask(fund, terminal, doctor, record)
    assert (in_time.status_code, code(late)) == (201, (403, "not-identified"))


async def test_a_protected_person_is_refused_neutrally_after_the_second_factor(
    fund: Fund, terminal: Credential, doctor: Authenticator
) -> None:
    person = fund.person()
    await fund.enrol(person, self_disclosure_blocked=True)
    record = await identified(fund, terminal, person)
    wrong = await ask(fund, terminal, doctor, record, one_time_password=doctor.wrong())
    right = await ask(fund, terminal, doctor, record)
    assert [code(wrong), code(right)] == [(403, "second-factor-refused"), (403, "card-not-usable")]
    assert await permits(fund, doctor) == 0
    assert await attempts(fund, doctor) == ["second-factor-refused", "card-not-usable"]


async def test_a_terminal_without_the_right_or_closed_gets_no_permit(
    fund: Fund, doctor: Authenticator
) -> None:
    without, closed = [
        await fund.terminal(institution_code=HOSPITAL, kind=FacilityKind.HOSPITAL, rights=rights)
        for rights in (RIGHTS[:1], RIGHTS)
    ]
    record = await identified(fund, closed)
    await fund.owner.fetch(
        "UPDATE client SET closed_at = now() WHERE client_id = $1::text::uuid", [closed.client_id]
    )
    codes = [(await ask(fund, terminal, doctor, record)).json()["code"] for terminal in (without, closed)]
    assert codes == ["right-missing", "client-closed"]
