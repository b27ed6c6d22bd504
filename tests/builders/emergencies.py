"""Requests for emergency access."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from typing import Any

import httpx2

from eligibility_api.contract.codes import FacilityKind, Right
from eligibility_api.contract.tokens import Credential
from eligibility_api.domain.second_factor import STEP_SECONDS
from tests.builders.fund import Fund
from tests.builders.fund_clients import HOSPITAL
from tests.builders.people import Person
from tests.builders.staff import Authenticator

RIGHTS = (Right.ELIGIBILITY, Right.REGISTRATION, Right.EMERGENCY)


NOTE = "試験、意識なし"


async def emergency_terminal(fund: Fund) -> Credential:
    """A hospital's terminal with the right for emergencies."""
    return await fund.terminal(institution_code=HOSPITAL, kind=FacilityKind.HOSPITAL, rights=RIGHTS)


def early_in_a_time_step(fund: Fund) -> AbstractAsyncContextManager[None]:
    """Sets the fund's clock to the beginning of a time step, so that none begins meanwhile."""
    into = fund.clock().timestamp() % STEP_SECONDS
    return fund.clock_offset(timedelta(seconds=STEP_SECONDS + 1 - into))


async def identified(fund: Fund, terminal: Credential, person: Person | None = None) -> str:
    """The record of a look-up by number that identified the person."""
    answer = await fund.look_up(person or await fund.insured(), terminal)
    return str(answer.json()["record_id"])


async def ask(
    fund: Fund, terminal: Credential, doctor: Authenticator, record: str, **more: Any
) -> httpx2.Response:
    body = {
        "identified_by": record,
        "reason": "unconscious",
        "note": NOTE,
        "categories": ["medication", "allergy"],
        "operator": doctor.operator,
        "role": "doctor",
    } | more
    if "one_time_password" not in body:
        body["one_time_password"] = doctor.password()
    return await fund.post("/v1/emergencies", body, terminal)


async def attempts(fund: Fund, doctor: Authenticator) -> list[str]:
    """The recorded outcomes of an operator's attempts."""
    records = await fund.records("kind = 'emergency.permit' AND operator = $1", doctor.operator)
    return [record["outcome"] for record in records]


async def permits(fund: Fund, doctor: Authenticator) -> int:
    [row] = await fund.owner.fetch("SELECT count(*) FROM permit WHERE operator = $1", [doctor.operator])
    return int(row["count"])


def code(response: httpx2.Response) -> tuple[int, str]:
    return response.status_code, response.json()["code"]
