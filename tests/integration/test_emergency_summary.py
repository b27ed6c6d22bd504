"""The summary for emergencies at a real fund (rule W13): beside the full set, under a permit of an emergency only."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from eligibility_api.contract.codes import FacilityKind, Right, Role
from eligibility_api.contract.consent import Basis
from eligibility_api.contract.tokens import Credential
from eligibility_api.domain.claims import Act
from eligibility_api.domain.dates import day_in_japan
from tests.builders.claims import (
    claim,
    grant_permit,
    months_ago,
    set_known_since,
    store_claims,
    store_prescription_entry,
)
from tests.builders.fund import Fund
from tests.builders.fund_clients import HOSPITAL
from tests.builders.known import content, drug
from tests.builders.people import Person
from tests.builders.staff import as_staff, name_staff

pytestmark = pytest.mark.anyio

DOCTOR = "見本　救急医"
DIALYSIS, GUIDANCE, OPERATION = "140033770", "113001810", "150000110"


@pytest.fixture(scope="module")
async def terminal(fund: Fund) -> Credential:
    """A hospital's terminal with the rights for emergencies and consents."""
    rights = (Right.ELIGIBILITY, Right.REGISTRATION, Right.EMERGENCY, Right.CONSENT, Right.PRESCRIPTION)
    credential = await fund.terminal(institution_code=HOSPITAL, kind=FacilityKind.HOSPITAL, rights=rights)
    await name_staff(fund, DOCTOR, HOSPITAL, emergency=True)
    return credential


async def patient(fund: Fund, terminal: Credential) -> Person:
    """A person with claims of two months and of two years ago, a prescription of 10 days ago, and one of 60."""
    person = await fund.insured()
    await set_known_since(fund, person, fund.clock() - timedelta(days=900))
    acts = tuple(
        Act(code, None, kind, 1) for code, kind in ((GUIDANCE, "13"), (DIALYSIS, "40"), (OPERATION, "50"))
    )
    for months in (2, 24):
        treated = content(drug(days=((3, 7),)), acts=acts)
        await store_claims(fund, claim(fund, person, treated, months=months))
    today = day_in_japan(fund.clock())
    for days in (10, 60):
        await store_prescription_entry(
            fund,
            person,
            terminal,
            content(drug(code="990000102")),
            prescribed_on=today - timedelta(days=days),
            registered=timedelta(days=days),
        )
    return person


async def read(
    fund: Fund, terminal: Credential, path: str, permit: UUID, resource: str, **query: str
) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {await fund.token(terminal)}"} | as_staff(Role.DOCTOR, DOCTOR)
    response = await fund.http.get(f"/v1/{path}/{permit}/{resource}", params=query, headers=headers)
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    return answer


async def test_the_summary_is_a_part_of_the_full_set(fund: Fund, terminal: Credential) -> None:
    """Rule W13."""
    person = await patient(fund, terminal)
    permit = await grant_permit(fund, person, terminal, basis=Basis.EMERGENCY)
    await fund.owner.fetch(
        "UPDATE permit SET operator = $1 WHERE permit_id = $2::text::uuid", [DOCTOR, str(permit)]
    )
    last, former = (months_ago(fund, months).isoformat()[:7] for months in (2, 24))

    async def rows(resource: str, name: str, **query: str) -> list[Any]:
        answer = await read(fund, terminal, "emergencies", permit, resource, **query)
        assert answer["total"] == len(answer[name])
        return [(row["month"], row["origin"], row.get("kind")) for row in answer[name]]

    medicines = await rows("medications", "medicines")
    short = await rows("medications", "medicines", extent="summary")
    assert [origin for _, origin, _ in medicines].count("prescription") == 2
    assert (last, "claim", None) in short
    assert [origin for _, origin, _ in short].count("prescription") == 1
    assert (former, "claim", None) in set(medicines) - set(short)

    kinds = {(month, kind) for month, _, kind in await rows("treatments", "treatments", extent="summary")}
    assert kinds == {(last, "visit"), (last, "dialysis"), (former, "dialysis")}
    assert {kind for _, _, kind in await rows("treatments", "treatments")} == {
        "visit",
        "dialysis",
        "medical-management",
    }
    surgeries = await rows("surgeries", "treatments", extent="summary")
    assert surgeries == await rows("surgeries", "treatments")
    assert {month for month, _, _ in surgeries} == {last, former}
    assert (await read(fund, terminal, "emergencies", permit, "health-checkups", extent="summary"))[
        "total"
    ] == 0


async def test_an_unknown_extent_is_refused_and_a_consent_has_none(fund: Fund, terminal: Credential) -> None:
    """Rule W13."""
    person = await patient(fund, terminal)
    permit = await grant_permit(fund, person, terminal, basis=Basis.EMERGENCY)
    headers = {"Authorization": f"Bearer {await fund.token(terminal)}"} | as_staff(Role.DOCTOR, DOCTOR)
    path = f"/v1/emergencies/{permit}/treatments"
    response = await fund.http.get(path, params={"extent": "half"}, headers=headers)
    assert (response.status_code, response.json()["code"]) == (422, "request-invalid")

    consent = await grant_permit(fund, person, terminal)
    whole = await read(fund, terminal, "consents", consent, "treatments")
    assert (await read(fund, terminal, "consents", consent, "treatments", extent="summary"))[
        "total"
    ] == whole["total"]
    assert whole["total"] > 0
