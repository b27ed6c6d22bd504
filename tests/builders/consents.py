"""Registers consents at a real fund, and reads what was recorded, for integration tests."""

from __future__ import annotations

from typing import Any

import httpx2

from tests.builders.fund import Fund
from tests.builders.people import Person


async def registered_consent(fund: Fund, person: Person, *categories: str, **more: Any) -> dict[str, Any]:
    """The answer to a valid consent."""
    response = await fund.consent(person.card, categories or ("medication",), **more)
    assert response.status_code == 201, response.text
    return dict(response.json())


async def newest_record(fund: Fund, kind: str) -> dict[str, Any]:
    """The newest record of a kind."""
    return (await fund.records("kind = $1", kind))[-1]


async def protect(fund: Fund, person: Person) -> None:
    """Block the person's disclosure from now on."""
    body = {
        "former": fund.lookup_body(person),
        "member": fund.enrolment_body(person, self_disclosure_blocked=True),
    }
    assert (await fund.post("/v1/enrolments/correct", body, fund.insurer)).is_success


def code_of(response: httpx2.Response) -> str:
    """The code of a problem, else the status."""
    return str(response.json().get("code", response.status_code))
