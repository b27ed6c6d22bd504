"""Claim files for tests, and the calls to send and process them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from io import BytesIO
from typing import Any

import httpx2

from eligibility_api.claims.ingest import run_step
from eligibility_api.contract.claims import CLAIMS_PATH
from eligibility_api.contract.codes import Sex
from eligibility_api.contract.tokens import Credential
from payer_mock.claims.claim import (
    Claim,
    Disease,
    Institution,
    Item,
    MedicalClaim,
    Member,
    PharmacyClaim,
    Prescription,
    Supply,
    Unit,
)
from payer_mock.claims.claim_file import encode_claim, examiner_of, write_sections
from tests.builders.fund import Fund
from tests.builders.fund_clients import INSURER
from tests.builders.people import Person

CLAIM_MONTH, TREATMENT_MONTH = date(2026, 5, 1), date(2026, 4, 1)
CLINIC = Institution(code="1311111114", name="架空診療所")
PHARMACY = Institution(code="1340100013", name="架空薬局")


def member(person: Person, insurer_number: str = INSURER, **more: Any) -> Member:
    """A person as `Fund.enrol` enrols her; `more` replaces fields."""
    resident = person.resident
    values: dict[str, Any] = {
        "insurer_number": insurer_number,
        "symbol": "見本",
        "number": resident.resident_id[1:],
        "branch": "00",
        "birth_date": resident.birth_date,
        "name": resident.name,
        "sex": Sex(resident.sex),
    }
    return Member(**values | more)


def medical_claim(who: Member, *, month: date = TREATMENT_MONTH, **more: Any) -> MedicalClaim:
    """A visit on the 6th with a medicine for 28 days; `more` replaces fields."""
    values: dict[str, Any] = {
        "institution": CLINIC,
        "member": who,
        "treatment_month": month,
        "diseases": (Disease(name="架空高血圧症", began_on=date(2024, 4, 2), main=True),),
        "units": (
            Unit(act="12", acts=(Item(code="199000112"),), days={6: 1}, points=75),
            Unit(act="21", drugs=(Item(code="990000101", quantity="1"),), days={6: 28}, points=2),
        ),
    }
    return MedicalClaim(**values | more)


def pharmacy_claim(who: Member, *, month: date = TREATMENT_MONTH, **more: Any) -> PharmacyClaim:
    """A medicine for 14 days, from a pharmacy; `more` replaces fields."""
    supply = Supply(prescribed_on=month.replace(day=6), dispensed_on=month.replace(day=6), times=14)
    drugs = (Item(code="990000114", quantity="3"),)
    values: dict[str, Any] = {
        "institution": PHARMACY,
        "member": who,
        "treatment_month": month,
        "prescriber": CLINIC,
        "prescriptions": (Prescription(form="1", usage="006", drugs=drugs, supplies=(supply,), points=5),),
    }
    return PharmacyClaim(**values | more)


def claim_file(claims: Iterable[Claim], claim_month: date = CLAIM_MONTH) -> bytes:
    """The file of claims, which must be grouped by institution."""
    file = BytesIO()
    write_sections(file, claim_month, examiner_of(INSURER), map(encode_claim, claims))
    return file.getvalue()


async def send(fund: Fund, body: Any, credential: Credential | None = None) -> httpx2.Response:
    """Send a file."""
    headers = {"Authorization": f"Bearer {await fund.token(credential or fund.insurer)}"}
    return await fund.http.post(CLAIMS_PATH, content=body, headers=headers)


async def run_jobs(fund: Fund, steps: int = 50) -> None:
    """Run the job of claim files until it has nothing to do."""
    for _ in range(steps):
        if not await run_step(fund.batch):
            return
    raise AssertionError("the job does not finish")


async def upload_and_process(fund: Fund, body: Any, credential: Credential | None = None) -> dict[str, Any]:
    """Send a file, process it, and return its final state."""
    response = await send(fund, body, credential)
    assert response.status_code in {200, 202}, response.text
    await run_jobs(fund)
    answer = await fund.get(f"{CLAIMS_PATH}/{response.json()['file_id']}", credential)
    assert answer.status_code == 200, answer.text
    result: dict[str, Any] = answer.json()
    return result
