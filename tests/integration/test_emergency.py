"""救急時医療情報閲覧: a permit by reason and second factor; each refusal has its code and is recorded."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import httpx2
import pytest

from eligibility_api.contract.codes import FacilityKind, Right, Role
from eligibility_api.contract.history import OPERATOR_HEADER
from eligibility_api.contract.tokens import Credential
from eligibility_api.domain.second_factor import STEP_SECONDS
from eligibility_api.facilities import operators
from tests.builders.fund import Fund
from tests.builders.fund_clients import HOSPITAL, OTHER_HOSPITAL
from tests.builders.limits import LOCK_WAITS, limited
from tests.builders.people import Person
from tests.builders.staff import Authenticator, as_staff, name_staff

pytestmark = pytest.mark.anyio

RIGHTS = (Right.ELIGIBILITY, Right.REGISTRATION, Right.EMERGENCY)
NOTE = "試験、意識なし"


@pytest.fixture(scope="module")
async def terminal(fund: Fund) -> Credential:
    """A hospital's terminal with the right for emergencies."""
    return await fund.terminal(institution_code=HOSPITAL, kind=FacilityKind.HOSPITAL, rights=RIGHTS)


@pytest.fixture
async def doctor(fund: Fund) -> Authenticator:
    """An operator authorised for emergencies, new for each test."""
    return await Authenticator.of(fund, f"見本　医師{uuid4().hex[:8]}")


@pytest.fixture
async def early(fund: Fund) -> AsyncIterator[None]:
    """Sets the fund's clock to the beginning of a time step, so that none begins during the test."""
    into = fund.clock().timestamp() % STEP_SECONDS
    async with fund.clock_offset(timedelta(seconds=STEP_SECONDS + 1 - into)):
        yield


async def identified(fund: Fund, terminal: Credential, person: Person | None = None) -> str:
    """The record of a look-up by number that identified the person."""
    answer = await fund.look_up(person or await fund.insured(), terminal)
    return str(answer.json()["record_id"])


async def ask(
    fund: Fund, terminal: Credential, doctor: Authenticator, record: str, **more: Any
) -> httpx2.Response:
    body = {
        "identified_by": record,
        "reason": "unconscious",
        "note": NOTE,
        "categories": ["medication", "allergy"],
        "operator": doctor.operator,
        "role": "doctor",
    } | more
    if "one_time_password" not in body:
        body["one_time_password"] = doctor.password()
    return await fund.post("/v1/emergencies", body, terminal)


async def attempts(fund: Fund, doctor: Authenticator) -> list[str]:
    """The recorded outcomes of an operator's attempts."""
    records = await fund.records("kind = 'emergency.permit' AND operator = $1", doctor.operator)
    return [record["outcome"] for record in records]


async def permits(fund: Fund, doctor: Authenticator) -> int:
    [row] = await fund.owner.fetch("SELECT count(*) FROM permit WHERE operator = $1", [doctor.operator])
    return int(row["count"])


def code(response: httpx2.Response) -> tuple[int, str]:
    return response.status_code, response.json()["code"]


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


@pytest.mark.parametrize("steps", [-1, 0, 1])
@pytest.mark.usefixtures("early")
async def test_a_password_of_an_adjacent_time_step_is_accepted_once(
    fund: Fund, terminal: Credential, doctor: Authenticator, steps: int
) -> None:
    record = await identified(fund, terminal)
    password = doctor.password(steps)
    first, second = [await ask(fund, terminal, doctor, record, one_time_password=password) for _ in range(2)]
    assert (first.status_code, code(second)) == (201, (403, "second-factor-refused"))


@pytest.mark.usefixtures("early")
async def test_of_simultaneous_uses_of_a_password_one_succeeds(
    fund: Fund, terminal: Credential, doctor: Authenticator
) -> None:
    record, password = await identified(fund, terminal), doctor.password(1)
    with limited(fund, second_factor_misses_per_hour=50):
        responses = await asyncio.gather(
            *(ask(fund, terminal, doctor, record, one_time_password=password) for _ in range(8))
        )
    assert sorted(response.status_code for response in responses) == [201] + [403] * 7
    assert await permits(fund, doctor) == 1


@pytest.mark.parametrize("steps", [-2, 2])
@pytest.mark.usefixtures("early")
async def test_a_password_two_time_steps_away_is_refused(
    fund: Fund, terminal: Credential, doctor: Authenticator, steps: int
) -> None:
    password = doctor.password(steps)
    refused = await ask(fund, terminal, doctor, await identified(fund, terminal), one_time_password=password)
    assert code(refused) == (403, "second-factor-refused")


async def test_another_operators_password_is_refused(
    fund: Fund, terminal: Credential, doctor: Authenticator
) -> None:
    other = await Authenticator.of(fund, f"見本　医師{uuid4().hex[:8]}")
    refused = await ask(
        fund, terminal, doctor, await identified(fund, terminal), one_time_password=other.password()
    )
    assert code(refused) == (403, "second-factor-refused")
    assert await attempts(fund, doctor) == ["second-factor-refused"]


async def test_wrong_passwords_are_limited_by_the_hour_and_then_a_right_one_is_refused_too(
    fund: Fund, terminal: Credential, doctor: Authenticator
) -> None:
    record, other = (
        await identified(fund, terminal),
        await Authenticator.of(fund, f"見本　医師{uuid4().hex[:8]}"),
    )
    with limited(fund, second_factor_misses_per_hour=2):
        wrong = [
            await ask(fund, terminal, doctor, record, one_time_password=doctor.wrong()) for _ in range(3)
        ]
        right = await ask(fund, terminal, doctor, record)
        elsewhere = await ask(fund, terminal, other, record)
        await fund.owner.fetch("UPDATE second_factor_miss SET hour = hour - interval '1 hour'", [])
        later = await ask(fund, terminal, doctor, record)
    assert [response.status_code for response in wrong] == [403, 403, 429]
    assert code(right) == (429, "second-factor-limit")
    assert 0 < int(right.headers["Retry-After"]) <= 3600
    assert (elsewhere.status_code, later.status_code) == (201, 201)
    assert await attempts(fund, doctor) == [
        *["second-factor-refused"] * 2,
        *["second-factor-limit"] * 2,
        "permitted",
    ]


async def test_right_passwords_are_not_counted(
    fund: Fund, terminal: Credential, doctor: Authenticator
) -> None:
    record = await identified(fund, terminal)
    with limited(fund, second_factor_misses_per_hour=1):
        given = [await ask(fund, terminal, doctor, record) for _ in range(2)]
    assert [response.status_code for response in given] == [201, 201]


async def test_simultaneous_wrong_passwords_cannot_exceed_the_limit(
    fund: Fund, terminal: Credential, doctor: Authenticator
) -> None:
    record = await identified(fund, terminal)
    await ask(fund, terminal, doctor, record, one_time_password=doctor.wrong())
    counting = await asyncpg.connect(fund.database.dsn("owner"))
    try:
        async with asyncio.timeout(30), asyncio.TaskGroup() as group, counting.transaction():
            await counting.execute(
                "SELECT FROM second_factor_miss WHERE operator = $1 FOR UPDATE", doctor.operator
            )
            with limited(fund, second_factor_misses_per_hour=4):
                asking = [
                    group.create_task(ask(fund, terminal, doctor, record, one_time_password=doctor.wrong()))
                    for _ in range(6)
                ]
                while await counting.fetchval(LOCK_WAITS) < len(asking):
                    await asyncio.sleep(0)
    finally:
        await counting.close()
    assert sorted(task.result().status_code for task in asking) == [403] * 3 + [429] * 3


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


async def test_the_secret_is_stored_encrypted_and_bound_to_its_operator(
    fund: Fund, terminal: Credential, doctor: Authenticator
) -> None:
    [row] = await fund.owner.fetch(
        "SELECT totp_secret FROM facility_operator WHERE operator = $1", [doctor.operator]
    )
    assert doctor.secret not in row["totp_secret"]
    other = await Authenticator.of(fund, f"見本　医師{uuid4().hex[:8]}")
    await fund.owner.fetch(
        "UPDATE facility_operator SET totp_secret = $2 WHERE operator = $1",
        [other.operator, row["totp_secret"]],
    )
    stolen = await ask(
        fund, terminal, other, await identified(fund, terminal), one_time_password=doctor.password()
    )
    assert code(stolen) == (500, "internal")
    assert await permits(fund, other) == 0


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
