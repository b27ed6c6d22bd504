"""The operator who makes a request, from two headers."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

import httpx2
import pytest
from fastapi import Depends, FastAPI

from eligibility_api.clients.operator import Operator, current_operator
from eligibility_api.contract.codes import Role
from eligibility_api.contract.history import OPERATOR_HEADER, ROLE_HEADER
from eligibility_api.web import problems

pytestmark = pytest.mark.anyio

app = FastAPI()
problems.install_error_handlers(app)


@app.get("/")
async def operator_names(operator: Annotated[Operator, Depends(current_operator)]) -> list[str | None]:
    return [operator.role.value, operator.name]


async def _get(headers: dict[str, str]) -> httpx2.Response:
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://fund.test") as http:
        return await http.get("/", headers=headers)


@pytest.mark.parametrize(
    ("headers", "operator"),
    [
        ({}, [Role.RECEPTION, None]),
        ({ROLE_HEADER: "doctor"}, [Role.DOCTOR, None]),
        (
            {ROLE_HEADER: "pharmacist", OPERATOR_HEADER: quote(" 見本　薬剤師 ")},
            [Role.PHARMACIST, "見本　薬剤師"],
        ),
    ],
)
async def test_the_operator_is_read_from_two_headers(
    headers: dict[str, str], operator: list[str | None]
) -> None:
    assert (await _get(headers)).json() == operator


@pytest.mark.parametrize(
    "headers",
    [
        {ROLE_HEADER: "chief"},
        {OPERATOR_HEADER: "%E8%A6"},
        {OPERATOR_HEADER: "%00"},
        {OPERATOR_HEADER: ""},
        {OPERATOR_HEADER: "a" * 61},
    ],
)
async def test_other_headers_are_rejected(headers: dict[str, str]) -> None:
    answer = await _get(headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "request-invalid")
