"""Members who are spelled otherwise than the register: enrolled, confirmed, and found in queue and answers."""

from __future__ import annotations

from typing import Any

import httpx2

from eligibility_api.contract.tokens import Credential
from jpki_mock.register.register import ItemsChange
from tests.builders.fund import Fund
from tests.builders.member_files import csv_file, get, run_jobs, upload_and_process
from tests.builders.people import Person

NOWHERE = "架空県どこにもない町"
CHARACTER = {"item": "name", "kind": "character"}
ADDRESS = {"item": "address", "kind": "address"}


async def visible(fund: Fund) -> None:
    """Wait until the lead of the latest revision is over."""
    await fund.owner.fetch(
        "SELECT pg_sleep(greatest(extract(epoch FROM max(published_at) - now()), 0)) FROM revision", []
    )


def rare(fund: Fund) -> tuple[Person, str]:
    """A person whose name in the register has a rare character, and the name as insurers write it."""
    person = fund.person()
    name = person.resident.name.replace("試験", "𠮷田")
    person.resident = fund.jlis.register.change(person.resident.resident_id, ItemsChange(name=name))
    return person, name.replace("𠮷", "吉")


async def proposed(fund: Fund, **items: Any) -> tuple[Person, str]:
    """A member with a registered card whom the register only proposes, and her enrolment's id."""
    person, name = rare(fund)
    answer = (await fund.enrol(person, **({"name": name} | items))).json()
    assert (answer["match"], answer["differences"]) == ("variant", [CHARACTER])
    assert (await fund.register(person.card)).status_code == 201
    return person, answer["enrolment_id"]


async def confirm(fund: Fund, enrolment_id: str, credential: Credential | None = None) -> dict[str, Any]:
    answer = await fund.post(
        "/v1/mismatches/confirm", {"enrolment_id": enrolment_id}, credential or fund.insurer
    )
    body: dict[str, Any] = answer.json()
    return body


async def unlink(fund: Fund, enrolment_id: str) -> httpx2.Response:
    return await fund.post("/v1/enrolments/unlink", {"enrolment_id": enrolment_id}, fund.insurer)


async def waiting(fund: Fund, enrolment_id: str) -> dict[str, Any] | None:
    """The queue's item about an enrolment."""
    page = await get(fund, "/v1/mismatches")
    return next((item for item in page["mismatches"] if item["enrolment_id"] == enrolment_id), None)


async def waiting_member(fund: Fund, person: Person) -> dict[str, Any]:
    """The queue's only item about a person."""
    await visible(fund)
    number = person.resident.resident_id[1:]
    [item] = [item for item in (await get(fund, "/v1/mismatches"))["mismatches"] if item["number"] == number]
    return dict(item)


async def send(fund: Fund, *rows: dict[str, str]) -> dict[str, Any]:
    """Send and process a file of changes."""
    return await upload_and_process(fund, csv_file(rows), scope="changes")


async def undo(fund: Fund, file: dict[str, Any]) -> None:
    """Undo a published file."""
    assert file["state"] == "published"
    answer = await fund.post(f"/v1/uploads/{file['upload_id']}/undo", {"reason": "誤送信"}, fund.insurer)
    assert answer.status_code == 202, answer.text
    await run_jobs(fund)
    await visible(fund)


async def by_card(fund: Fund, person: Person) -> str:
    """The validity, or the code of the refusal, of a card check."""
    await visible(fund)
    answer = (await fund.tap(person.card)).json()
    return str(answer.get("validity") or answer["code"])


async def by_number(fund: Fund, person: Person) -> str:
    """The validity, or the code of the refusal, of a look-up."""
    await visible(fund)
    answer = (await fund.look_up(person)).json()
    return str(answer.get("validity") or answer["code"])
