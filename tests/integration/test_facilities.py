"""Admission: a facility keeps its kind, a closed one stays closed, and both are recorded."""

from __future__ import annotations

from uuid import UUID

import pytest

from eligibility_api.contract.codes import FacilityKind, Right
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.contract.facility_codes import facility_code
from eligibility_api.facilities import store
from tests.builders.fund import Fund
from tests.builders.fund_clients import HOSPITAL

pytestmark = pytest.mark.anyio

DENTIST = "1332345679"


async def test_a_closed_facility_is_not_opened_by_admitting_a_terminal_and_its_terminals_are_refused(
    fund: Fund,
) -> None:
    person = await fund.insured()
    terminal = await fund.terminal(institution_code=DENTIST, kind=FacilityKind.DENTAL)
    assert (await fund.tap(person.card, terminal)).status_code == 200

    async with fund.owner.transaction() as connection:
        assert await store.close_facility(connection, DENTIST)
    refused = await fund.post(
        "/v1/eligibility/card", await fund.proof(person.card, credential=terminal), terminal
    )

    assert refused.json()["code"] == "client-closed"
    with pytest.raises(ShikakuError, match="facility-closed"):
        await fund.terminal(institution_code=DENTIST, kind=FacilityKind.DENTAL)


async def test_the_kind_of_an_admitted_facility_cannot_change(fund: Fund) -> None:
    with pytest.raises(ShikakuError, match="facility-other-kind"):
        await fund.terminal(kind=FacilityKind.ELIGIBILITY_ONLY, rights=(Right.ELIGIBILITY,))


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (FacilityKind.CLINIC, "1310100142"),
        (FacilityKind.PHARMACY, "1341111118"),
        (FacilityKind.DENTAL, DENTIST),
    ],
)
async def test_access_in_an_emergency_is_a_hospitals_right(fund: Fund, kind: FacilityKind, code: str) -> None:
    """Rule G1."""
    rights = (Right.ELIGIBILITY, Right.EMERGENCY)
    with pytest.raises(ShikakuError, match="right-missing"):
        await fund.terminal(institution_code=code, kind=kind, rights=rights)
    await fund.terminal(institution_code=HOSPITAL, kind=FacilityKind.HOSPITAL, rights=rights)


async def test_a_facility_of_limited_scope_stands_under_the_digits_of_its_registration_number(
    fund: Fund,
) -> None:
    """Rule G6: the challenge that the card signs and the record have them, and it is closed by the number."""
    person, code = await fund.insured(), facility_code("協1312345-0-0")
    practitioner = await fund.terminal(
        institution_code=code, kind=FacilityKind.ELIGIBILITY_ONLY, rights=(Right.ELIGIBILITY,)
    )
    assert (await fund.tap(person.card, practitioner)).json()["validity"] == "1"
    by_number = await fund.post("/v1/eligibility/number", fund.lookup_body(person), practitioner)
    assert by_number.json()["validity"] == "1"
    records = await fund.records("institution_code = '1391234500' AND kind LIKE 'eligibility.%'")
    assert [record["kind"] for record in records] == ["eligibility.card", "eligibility.number"]
    async with fund.owner.transaction() as connection:
        assert await store.close_facility(connection, facility_code("協 1312345-0-0"))


async def test_admissions_and_closures_are_recorded(fund: Fund) -> None:
    terminal = await fund.terminal()
    async with fund.owner.transaction() as connection:
        assert await store.close_client(connection, UUID(terminal.client_id))
        assert not await store.close_client(connection, UUID(terminal.client_id))
    records = await fund.records("client_id = $1::text::uuid", terminal.client_id)
    assert [record["kind"] for record in records] == ["admission.terminal", "admission.end"]
