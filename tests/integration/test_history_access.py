"""Access to a history: every refusal has its code, and the record names what was requested and read."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest

from eligibility_api.contract.codes import Care, Category, FacilityKind, Right, Role
from eligibility_api.contract.consent import CONSENTS_PATH, Basis
from eligibility_api.contract.emergency import DISASTER_PATH, EMERGENCIES_PATH
from eligibility_api.contract.history import CATEGORY_OF, HistoryResource
from eligibility_api.contract.tokens import Credential
from eligibility_api.domain.dates import day_in_japan
from tests.builders.claims import (
    HISTORY_RIGHTS,
    claim,
    enrolled_patient,
    fetch_history,
    grant_permit,
    months_ago,
    pharmacy_with_history_rights,
    request_history,
    store_claims,
    store_prescription_entry,
)
from tests.builders.fund import Fund
from tests.builders.fund_clients import HOSPITAL, OTHER_CLINIC
from tests.builders.known import PHARMACY, content, drug

pytestmark = pytest.mark.anyio

TABLETS = content(drug(), institution_name="架空診療所")


@pytest.fixture
async def pharmacy(fund: Fund) -> Credential:
    """A pharmacy with the right to access histories."""
    return await pharmacy_with_history_rights(fund)


async def refused(
    fund: Fund, response: httpx2.Response, what: HistoryResource = HistoryResource.MEDICATIONS
) -> tuple[int, str]:
    """Status and code of a refusal; asserts that it is the newest record, with nothing read."""
    code = response.json()["code"]
    record = (await fund.records("kind = $1", f"history.{what}"))[-1]
    detail = json.loads(record["detail"])
    assert record["outcome"] == code
    assert not detail.keys() & {"receipts", "entries", "checkups"}
    return response.status_code, code


async def end(fund: Fund, permit: UUID, terminal: Credential) -> None:
    await fund.owner.fetch(
        "INSERT INTO permit_end VALUES ($1, now(), '2', $2::text::uuid, gen_random_uuid())",
        [permit, terminal.client_id],
    )


@pytest.mark.parametrize("what", HistoryResource)
async def test_every_resource_needs_its_category_and_a_medical_role(
    fund: Fund, pharmacy: Credential, what: HistoryResource
) -> None:
    person = await enrolled_patient(fund)
    permit = await grant_permit(fund, person, pharmacy, [CATEGORY_OF[what]])
    other = next(one for one in HistoryResource if one is not what)
    assert (await request_history(fund, permit, pharmacy, what)).status_code == 200
    assert await refused(
        fund, await request_history(fund, permit, pharmacy, what, role=Role.RECEPTION), what
    ) == (
        403,
        "role-not-permitted",
    )
    assert await refused(fund, await request_history(fund, permit, pharmacy, other), other) == (
        403,
        "consent-category",
    )


async def test_a_request_without_a_role_counts_as_the_reception(fund: Fund, pharmacy: Credential) -> None:
    permit = await grant_permit(fund, await enrolled_patient(fund), pharmacy)
    headers = {"Authorization": f"Bearer {await fund.token(pharmacy)}"}
    response = await fund.http.get(f"{CONSENTS_PATH}/{permit}/medications", headers=headers)
    assert await refused(fund, response) == (403, "role-not-permitted")


async def test_staff_need_the_administrators_authorisation(fund: Fund, pharmacy: Credential) -> None:
    permit = await grant_permit(fund, await enrolled_patient(fund), pharmacy)

    async def as_staff(name: str | None) -> httpx2.Response:
        return await request_history(fund, permit, pharmacy, role=Role.AUTHORISED_STAFF, operator=name)

    for name in ("見本　花子", None):
        assert await refused(fund, await as_staff(name)) == (403, "staff-not-authorised")
    await fund.owner.fetch(
        "INSERT INTO facility_operator (institution_code, operator, authorised_by, medical, emergency)"
        " VALUES ($1, '見本　花子', '試験　管理者', true, false)",
        [PHARMACY],
    )
    answer = await as_staff("見本　花子")
    [record] = await fund.records("record_id = $1::text::uuid", answer.json()["record_id"])
    assert (record["operator"], json.loads(record["detail"])["role"]) == ("見本　花子", "authorised-staff")
    assert await refused(fund, await as_staff("見本　太郎")) == (403, "staff-not-authorised")


async def test_a_consent_does_not_carry_over_to_another_facility(fund: Fund, pharmacy: Credential) -> None:
    permit = await grant_permit(fund, await enrolled_patient(fund), pharmacy)
    elsewhere = await fund.terminal(institution_code=OTHER_CLINIC, rights=HISTORY_RIGHTS)
    assert await refused(fund, await request_history(fund, permit, elsewhere)) == (
        403,
        "consent-other-facility",
    )
    second = await fund.terminal(institution_code=PHARMACY, kind=FacilityKind.PHARMACY, rights=HISTORY_RIGHTS)
    assert (await request_history(fund, permit, second)).status_code == 200


async def test_without_a_permit_access_is_refused(fund: Fund, pharmacy: Credential) -> None:
    assert await refused(fund, await request_history(fund, uuid4(), pharmacy)) == (404, "consent-missing")


async def test_a_terminal_without_the_right_is_refused_and_an_insurer_too(
    fund: Fund, pharmacy: Credential
) -> None:
    permit = await grant_permit(fund, await enrolled_patient(fund), pharmacy)
    lesser = await fund.terminal(
        institution_code=PHARMACY, kind=FacilityKind.PHARMACY, rights=(Right.ELIGIBILITY,)
    )
    assert await refused(fund, await request_history(fund, permit, lesser)) == (403, "right-missing")
    assert (await request_history(fund, permit, fund.insurer)).json()["code"] == "right-missing"


async def test_an_ended_permit_grants_no_access(fund: Fund, pharmacy: Credential) -> None:
    permit = await grant_permit(fund, await enrolled_patient(fund), pharmacy)
    await end(fund, permit, pharmacy)
    assert await refused(fund, await request_history(fund, permit, pharmacy)) == (403, "consent-withdrawn")


@pytest.mark.parametrize("flag", ["nondisclosure", "self_disclosure_blocked", "mismatch"])
async def test_a_protected_persons_history_is_not_disclosed(
    fund: Fund, pharmacy: Credential, flag: str
) -> None:
    person = await enrolled_patient(fund)
    permit = await grant_permit(fund, person, pharmacy)
    since = {"address": "架空県どこにもない町"} if flag == "mismatch" else {flag: True}
    body = {"former": fund.lookup_body(person), "member": fund.enrolment_body(person, **since)}
    assert (await fund.post("/v1/enrolments/correct", body, fund.insurer)).status_code == 200
    response = await request_history(fund, permit, pharmacy)
    if flag == "nondisclosure":
        assert response.status_code == 200  # it withholds the address, which a history does not contain
    else:
        assert await refused(fund, response) == (403, "card-not-usable")


async def test_setting_the_clock_back_lifts_no_protection(fund: Fund, pharmacy: Credential) -> None:
    person = await enrolled_patient(fund)
    permit = await grant_permit(fund, person, pharmacy)
    member = fund.enrolment_body(person, self_disclosure_blocked=True)
    shift = """UPDATE revision SET published_at = published_at + $2::interval
               WHERE revision = (SELECT max(opened_by) FROM enrolment WHERE name = $1)"""
    async with fund.clock_offset(timedelta(hours=1)):
        await fund.post(
            "/v1/enrolments/correct", {"former": fund.lookup_body(person), "member": member}, fund.insurer
        )
        await fund.owner.fetch(shift, [person.resident.name, timedelta(hours=1)])
        try:
            codes = [(await request_history(fund, permit, pharmacy)).json()["code"]]
            await fund.set_clock_offset(timedelta())
            codes.append((await request_history(fund, permit, pharmacy)).json()["code"])
        finally:
            await fund.owner.fetch(shift, [person.resident.name, timedelta(hours=-1)])
    assert codes == ["card-not-usable"] * 2


@pytest.mark.parametrize(
    ("basis", "address"),
    [
        (Basis.EMERGENCY, EMERGENCIES_PATH),
        (Basis.DISASTER, DISASTER_PATH),
        (Basis.VISUAL_CHECK, CONSENTS_PATH),
    ],
)
async def test_a_permit_is_valid_only_under_its_own_address(fund: Fund, basis: Basis, address: str) -> None:
    rights = (*HISTORY_RIGHTS, Right.EMERGENCY)
    terminal = await fund.terminal(institution_code=HOSPITAL, kind=FacilityKind.HOSPITAL, rights=rights)
    permit = await grant_permit(
        fund, await enrolled_patient(fund), terminal, basis=basis, care=Care.EMERGENCY
    )
    for path in (CONSENTS_PATH, EMERGENCIES_PATH, DISASTER_PATH):
        response = await request_history(fund, permit, terminal, address=path)
        if path == address:
            assert response.status_code == 200
        else:
            assert await refused(fund, response) == (404, "consent-missing")


async def test_the_record_names_the_rows_read(fund: Fund, pharmacy: Credential) -> None:
    person = await enrolled_patient(fund, acquired_on="2019-04-01")
    first, second = await store_claims(
        fund,
        claim(fund, person, content(drug()), months=2),
        claim(fund, person, content(drug()), months=40),
    )
    since = months_ago(fund, 35).isoformat()[:7]
    day = day_in_japan(fund.clock())
    entry = await store_prescription_entry(
        fund, person, pharmacy, content(drug()), prescribed_on=day, dispensed_on=day
    )
    permit = await grant_permit(fund, person, pharmacy)

    answer = await fetch_history(fund, permit, pharmacy, operator="見本　薬剤師", from_month=since)
    asked = fund.clock()
    earlier = await fetch_history(
        fund, permit, pharmacy, known_at=asked.isoformat(), from_month=months_ago(fund, 50).isoformat()[:7]
    )

    [record] = await fund.records("record_id = $1::text::uuid", answer["record_id"])
    assert (record["kind"], record["outcome"]) == ("history.medications", "answered")
    assert (record["institution_code"], record["operator"]) == (PHARMACY, "見本　薬剤師")
    assert record["person_key"] is not None
    assert json.loads(record["detail"]) == {
        "permit": str(permit),
        "basis": "pin",
        "category": "medication",
        "role": "pharmacist",
        "months": [months_ago(fund, 35).isoformat(), months_ago(fund, 0).isoformat()],
        "receipts": [first],
        "entries": [entry],
    }
    [record] = await fund.records("record_id = $1::text::uuid", earlier["record_id"])
    detail: dict[str, Any] = json.loads(record["detail"])
    assert (detail["receipts"], "known_at" in detail) == ([first, second], True)


async def test_an_answer_is_not_cacheable_and_names_the_permits_end(fund: Fund, pharmacy: Credential) -> None:
    response = await request_history(
        fund, await grant_permit(fund, await enrolled_patient(fund), pharmacy), pharmacy
    )
    assert response.headers["Cache-Control"] == "no-store"
    assert response.json()["available_until"] is not None
    home = await grant_permit(
        fund, await enrolled_patient(fund), pharmacy, [Category.MEDICATION], care=Care.HOME_VISIT
    )
    assert (await fetch_history(fund, home, pharmacy))["available_until"] is None


async def test_a_permit_expires_after_a_day_and_setting_the_clock_back_does_not_reopen_it(
    fund: Fund, pharmacy: Credential
) -> None:
    person = await enrolled_patient(fund)
    day, home = (
        await grant_permit(fund, person, pharmacy),
        await grant_permit(fund, person, pharmacy, care=Care.HOME_VISIT),
    )
    await store_claims(
        fund, claim(fund, person, content(drug())), known_from=fund.clock() + timedelta(hours=2)
    )
    async with fund.clock_offset(timedelta()):
        assert (await fetch_history(fund, day, pharmacy))["total"] == 0
        await fund.set_clock_offset(timedelta(hours=23, minutes=59))
        assert (await fetch_history(fund, day, pharmacy))["total"] == 1
        await fund.set_clock_offset(timedelta(hours=24))
        assert await refused(fund, await request_history(fund, day, pharmacy)) == (403, "consent-expired")
        assert (await fetch_history(fund, home, pharmacy))["total"] == 1
        await fund.set_clock_offset(timedelta())
        assert (await request_history(fund, day, pharmacy)).json()["code"] == "consent-expired"
