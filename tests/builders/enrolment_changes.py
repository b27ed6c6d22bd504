"""Changes of single members."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import httpx2

from eligibility_api.contract.tokens import Credential
from tests.builders.fund import Fund
from tests.builders.fund_clients import INSURER
from tests.builders.people import Person

ENDED: dict[str, Any] = {"lost_on": "2026-04-01", "reason_of_loss": "03"}


async def correct(
    fund: Fund, person: Person, insurer: Credential | None = None, **more: Any
) -> httpx2.Response:
    """The corrected items of the person's latest period."""
    body = {"former": fund.lookup_body(person), "member": fund.enrolment_body(person, **more)}
    return await fund.post("/v1/enrolments/correct", body, insurer or fund.insurer)


Change = Callable[[Fund, Person, Credential], Awaitable[httpx2.Response]]


CHANGES: dict[str, Change] = {
    "add": lambda fund, person, insurer: fund.enrol(person, credential=insurer, insurer_number=INSURER),
    "end": lambda fund, person, insurer: fund.change(person, "end", credential=insurer, **ENDED),
    "correct": correct,
    "move": lambda fund, person, insurer: fund.change(person, "move", credential=insurer, address="架空県"),
    "branch": lambda fund, person, insurer: fund.change(
        person, "branch", credential=insurer, new_branch="09"
    ),
    "withdraw": lambda fund, person, insurer: fund.change(person, "withdraw", credential=insurer),
}


async def known(fund: Fund, person: Person, **more: Any) -> dict[str, Any]:
    """The only result of a look-up by number."""
    (result,) = (await fund.look_up(person, **more)).json()["results"]
    return dict(result)
