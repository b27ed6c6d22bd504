"""災害時医療情報閲覧: the permit that follows a search, whom it names and how long it lasts."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import uuid4

import pytest

from eligibility_api.contract import examples
from eligibility_api.contract.codes import Right, Role
from eligibility_api.domain.dates import day_in_japan
from tests.builders.disaster import (
    DOCTOR,
    ask,
    code,
    declared_disaster,
    insured,
    items,
    last,
    membership,
    search,
)
from tests.builders.fund import Fund
from tests.builders.staff import as_staff, name_staff

pytestmark = pytest.mark.anyio


@pytest.fixture
async def disaster(fund: Fund) -> AsyncIterator[int]:
    async with declared_disaster(fund) as number:
        yield number


@pytest.mark.parametrize("consent", ["oral", "unconscious"])
async def test_the_consent_is_recorded_and_access_lasts_for_a_day(
    fund: Fund, disaster: int, consent: str
) -> None:
    """Rule W16."""
    person = await insured(fund)

    given = await ask(fund, await search(fund, items(person)), consent=consent)

    assert given.status_code == 201, given.text
    answer = given.json()
    [permit] = await fund.owner.fetch(
        "SELECT * FROM permit WHERE permit_id = $1::text::uuid", [answer["permit_id"]]
    )
    [version] = await fund.owner.fetch(
        "SELECT person_key FROM enrolment WHERE address = $1", [person.resident.address]
    )
    assert permit["person_key"] == version["person_key"]
    assert permit["until"] - permit["given_at"] == timedelta(hours=24)
    assert (answer["basis"], permit["basis"], permit["care"]) == ("disaster", "disaster", "4")
    assert answer["notice"].startswith("災害時の閲覧として記録され")
    assert json.loads(permit["reason"]) == {"disaster_id": disaster, "consent": consent}
    detail = {"role": "doctor", "permit": answer["permit_id"], "disaster_id": disaster, "consent": consent}
    assert await last(fund, "disaster.permit") == ("permitted", detail, True)
    headers = {"Authorization": f"Bearer {await fund.token(fund.clinic)}"} | as_staff(Role.DOCTOR, DOCTOR)
    response = await fund.http.get(f"/v1/disaster-permits/{answer['permit_id']}/medications", headers=headers)
    assert response.status_code == 200, response.text


@pytest.mark.parametrize("by", ["items", "membership"])
async def test_the_permit_names_the_memberships_found(fund: Fund, disaster: int, by: str) -> None:
    person = await insured(fund)
    given = await ask(fund, await search(fund, items(person) if by == "items" else membership(fund, person)))
    [permit] = await fund.owner.fetch(
        """SELECT matched_entitlements = ARRAY(SELECT entitlement FROM enrolment WHERE address = $2) AS same
           FROM permit WHERE permit_id = $1::text::uuid""",
        [given.json()["permit_id"], person.resident.address],
    )
    assert permit["same"]


async def test_a_permit_follows_a_search_of_this_facility_within_ten_minutes(
    fund: Fund, disaster: int
) -> None:
    """Rule W16."""
    person, elsewhere = await insured(fund), await fund.terminal(institution_code="1310100142")
    found = await search(fund, items(person))
    looked_up = await fund.look_up(person)
    others = [
        await ask(fund, found, elsewhere),
        await ask(fund, looked_up),
        await ask(fund, found, identified_by=str(uuid4())),
    ]
    async with fund.clock_offset(timedelta(minutes=10)):
        others.append(await ask(fund, found))
    assert {code(response) for response in others} == {(403, "not-identified")}
    assert (await ask(fund, found)).status_code == 201


async def test_a_person_blocked_after_the_search_is_refused(fund: Fund, disaster: int) -> None:
    """Rule W10."""
    person = await insured(fund)
    found = await search(fund, items(person))
    await fund.owner.fetch(
        "UPDATE enrolment SET self_disclosure_blocked = true WHERE address = $1", [person.resident.address]
    )
    assert code(await ask(fund, found)) == (403, "card-not-usable")
    assert (await last(fund, "disaster.permit"))[0] == "card-not-usable"


async def test_a_prescription_may_follow_a_search(fund: Fund, disaster: int) -> None:
    """Rule W11."""
    person = await insured(fund)
    rights = (Right.ELIGIBILITY, Right.PRESCRIPTION)
    terminal = await fund.terminal(rights=rights)
    found = await search(fund, items(person), terminal)
    day = day_in_japan(fund.clock()).isoformat()
    body = examples.PRESCRIPTION | {"identified_by": found.json()["record_id"], "prescribed_on": day}
    response = await fund.post(
        "/v1/prescriptions", body, terminal, key=str(uuid4()), headers=as_staff(Role.DOCTOR, DOCTOR)
    )
    assert response.status_code == 201, response.text


@pytest.mark.parametrize(
    ("who", "expected"),
    [
        ({"role": "reception"}, "role-not-permitted"),
        ({"role": "authorised-staff"}, "staff-not-authorised"),
    ],
)
async def test_a_permit_without_a_medical_role_is_refused(
    fund: Fund, disaster: int, who: dict[str, str], expected: str
) -> None:
    found = await search(fund, items(await insured(fund)))
    assert code(await ask(fund, found, None, **who)) == (403, expected)
    assert (await last(fund, "disaster.permit"))[0] == expected


async def test_authorised_staff_get_a_permit(fund: Fund, disaster: int) -> None:
    found, staff = await search(fund, items(await insured(fund))), "見本　職員"
    await name_staff(fund, staff)
    by_staff = {"role": "authorised-staff", "operator": staff}
    assert (await ask(fund, found, None, **by_staff)).status_code == 201
