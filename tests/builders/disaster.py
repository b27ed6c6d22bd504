"""Searches in disaster mode, and their records."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx2

from eligibility_api.contract.tokens import Credential
from eligibility_api.emergency import disasters
from eligibility_api.emergency.disasters import Opening
from tests.builders.fund import Fund
from tests.builders.people import Person

DOCTOR = "見本　医師"


BY = "試験　運用者"


@asynccontextmanager
async def declared_disaster(fund: Fund) -> AsyncIterator[int]:
    """A disaster that is open for the clinic's prefecture, for a week; closed afterwards. Yields its id."""
    async with fund.owner.transaction() as connection:
        row = await disasters.open_disaster(
            connection, Opening(["12", "13"], timedelta(days=7), "試験地震"), BY
        )
    yield row.disaster_id
    await fund.owner.fetch("UPDATE disaster SET closed_at = opened_at WHERE closed_at IS NULL", [])


def items(person: Person, **more: Any) -> dict[str, Any]:
    """A search by personal items; None omits an item."""
    resident = person.resident
    body: dict[str, Any] = {
        "name": resident.name,
        "birth_date": resident.birth_date.isoformat(),
        "sex": resident.sex,
        "address": resident.address,
        "operator": DOCTOR,
    }
    return {name: value for name, value in (body | more).items() if value is not None}


def membership(fund: Fund, person: Person, **more: Any) -> dict[str, Any]:
    """A search by a membership."""
    nothing = dict.fromkeys(("name", "birth_date", "sex", "address"))
    return items(person, **nothing) | {"membership": fund.lookup_body(person, **more)}


async def search(fund: Fund, body: dict[str, Any], credential: Credential | None = None) -> httpx2.Response:
    return await fund.post("/v1/disaster-searches", body, credential)


async def ask(
    fund: Fund, found: httpx2.Response, terminal: Credential | None = None, /, **more: Any
) -> httpx2.Response:
    """Ask for a permit for the person found."""
    body = {
        "identified_by": found.json()["record_id"],
        "consent": "oral",
        "categories": ["medication"],
        "operator": DOCTOR,
        "role": "doctor",
    }
    return await fund.post("/v1/disaster-permits", body | more, terminal)


async def insured(fund: Fund, resident: Mapping[str, str] = {}, /, **more: Any) -> Person:
    """An enrolled person who has never used a card; `resident`: further values in the register."""
    person = fund.person()
    if resident:
        changes = {"resident_id": f"T{uuid4()}"[:14], **resident}
        person = Person(person.resident.model_copy(update=changes), person.card)
        fund.jlis.register.add([person.resident])
    enrolled = await fund.enrol(person, **more)
    assert (enrolled.status_code, enrolled.json()["match"]) == (201, "one")
    return person


async def last(fund: Fund, kind: str = "disaster.search") -> tuple[str, dict[str, Any], bool]:
    """Outcome and detail of the newest record, and whether it names a person."""
    record = (await fund.records("kind = $1", kind))[-1]
    return record["outcome"], json.loads(record["detail"]), record["person_key"] is not None


def code(response: httpx2.Response) -> tuple[int, str]:
    return response.status_code, response.json()["code"]
