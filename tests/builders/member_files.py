"""Member files for tests, and the calls to send and process them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

import httpx2

from eligibility_api.contract.member_file import MEMBER_COLUMNS
from eligibility_api.contract.tokens import Credential
from eligibility_api.uploads.job import run_step
from eligibility_api.uploads.queue import UploadContext
from tests.builders.fund import Fund
from tests.builders.people import Person

Cells = Mapping[str, str]


def member(person: Person, insurer_number: str = "01130012", **cells: str) -> dict[str, str]:
    """A person's cells as an insured member."""
    resident = person.resident
    return {
        "insurer_number": insurer_number,
        "symbol": "見本",
        "number": resident.resident_id[1:],
        "branch": "00",
        "relationship": "1",
        "name": resident.name,
        "name_kana": resident.name_kana,
        "sex": resident.sex,
        "birth_date": resident.birth_date.isoformat(),
        "address": resident.address,
        "acquired_on": "2024-04-01",
    } | cells


def csv_file(members: Iterable[Cells], columns: Iterable[str] = MEMBER_COLUMNS) -> bytes:
    """A CSV file (UTF-8) of cells that need no quotes."""
    names = tuple(columns)
    lines = [",".join(names), *(",".join(cells.get(name, "") for name in names) for cells in members)]
    return "".join(f"{line}\n" for line in lines).encode()


async def upload(
    fund: Fund, body: Any, credential: Credential | None = None, **query: str
) -> httpx2.Response:
    """Send a file."""
    headers = {"Authorization": f"Bearer {await fund.token(credential or fund.insurer)}"}
    return await fund.http.post("/v1/uploads", params=query, content=body, headers=headers)


async def run_jobs(fund: Fund, steps: int = 50) -> None:
    """Run the job of uploads until it has nothing to do."""
    for _ in range(steps):
        if not await run_step(UploadContext.of(fund.state, fund.batch)):
            return
    raise AssertionError("the job does not finish")


async def files_with_parts(fund: Fund) -> set[UUID]:
    """The member files and claim files whose bytes are stored."""
    return {row[0] for row in await fund.owner.fetch("SELECT DISTINCT upload_id FROM upload_part", [])}


async def get(fund: Fund, path: str, credential: Credential | None = None) -> Any:
    """GET with an insurer's credential."""
    headers = {"Authorization": f"Bearer {await fund.token(credential or fund.insurer)}"}
    response = await fund.http.get(path, headers=headers)
    assert response.status_code == 200, response.text
    return response.json()


async def upload_and_process(
    fund: Fund, body: Any, credential: Credential | None = None, **query: str
) -> dict[str, Any]:
    """Send a file, process it, and return its final state."""
    response = await upload(fund, body, credential, **query)
    assert response.status_code in {200, 202}, response.text
    await run_jobs(fund)
    answer = await get(fund, f"/v1/uploads/{response.json()['upload_id']}", credential)
    assert isinstance(answer, dict)
    return answer
