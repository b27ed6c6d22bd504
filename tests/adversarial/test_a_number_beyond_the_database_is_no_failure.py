"""Paging beyond the database's numbers is refused or empty, never a technical failure."""

from __future__ import annotations

import base64
import json
from uuid import uuid4

import pytest

from eligibility_api.contract.bounds import MAX_STORED_INTEGER
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.web import cursor
from tests.builders.fund import Fund
from tests.builders.member_files import csv_file, member, upload_and_process

NUMBERS = [
    0,
    1,
    2**31 - 1,
    2**31,
    2**32,
    2**53,
    2**63 - 1,
    2**63,
    2**64,
    10**30,
    10**300,
    -1,
    -(2**31),
    -(2**63),
]
MALFORMED = ["", "x", "1.5", "1e9", "NaN", "Infinity", "0x10", "９", "+1", "%00", "9" * 5_000]


def named(text: str) -> str:
    return f"{text[:24]} ({len(text)})"


def position(first: object, second: object, instant: object = "2026-01-01T00:00:00+00:00") -> str:
    return base64.urlsafe_b64encode(json.dumps([instant, first, second]).encode()).decode()


async def status(fund: Fund, path: str, after: str, *, insurer: bool = True, **query: str) -> int:
    token = await fund.token(fund.insurer if insurer else fund.clinic)
    headers = {"Authorization": f"Bearer {token}", "X-Operator-Role": "doctor"}
    response = await fund.http.get(path, params={"after": after} | query, headers=headers)
    return response.status_code


@pytest.mark.anyio
@pytest.mark.parametrize("number", [*map(str, NUMBERS), *MALFORMED], ids=named)
async def test_a_fault_page_behind_any_number_is_a_page_or_refused(fund: Fund, number: str) -> None:
    answer = await upload_and_process(fund, csv_file([member(fund.person(), sex="9")]))
    expected = {200, 422}
    assert await status(fund, f"/v1/uploads/{answer['upload_id']}/faults", number) in expected
    assert await status(fund, f"/v1/claims/{uuid4()}/faults", number) in {404, 422}


@pytest.mark.anyio
@pytest.mark.parametrize("number", [*map(str, NUMBERS), *MALFORMED], ids=named)
@pytest.mark.parametrize("name", ["after", "limit"])
async def test_a_page_of_batch_results_behind_any_number_is_a_page_or_refused(
    fund: Fund, name: str, number: str
) -> None:
    response = await fund.post(
        "/v1/eligibility/batches",
        {"rows": [{"insurer_number": "01130012", "number": "1", "birth_date": "1980-05-17"}]},
    )
    batch = response.json().get("batch_id", str(uuid4()))
    path = f"/v1/eligibility/batches/{batch}/results"
    token = await fund.token(fund.clinic)
    found = await fund.http.get(path, params={name: number}, headers={"Authorization": f"Bearer {token}"})
    assert found.status_code in {200, 404, 422}


@pytest.mark.anyio
@pytest.mark.parametrize("number", NUMBERS, ids=lambda number: named(str(number)))
@pytest.mark.parametrize("path", ["/v1/mismatches", "/v1/changes"])
async def test_a_cursor_with_any_numbers_is_a_page_or_refused(fund: Fund, path: str, number: int) -> None:
    for text in (position(number, 0), position(0, number), position(number, number)):
        assert await status(fund, path, text) in {200, 400, 422}


@pytest.mark.anyio
@pytest.mark.parametrize("number", NUMBERS, ids=lambda number: named(str(number)))
async def test_a_cursor_of_members_with_any_number_is_a_page_or_refused(fund: Fund, number: int) -> None:
    text = base64.urlsafe_b64encode(json.dumps(number).encode()).decode()
    assert await status(fund, "/v1/paper-certificates", text) in {200, 400, 422}


@pytest.mark.anyio
@pytest.mark.parametrize(
    "instant",
    [
        "0001-01-01T00:00:00Z",
        "9999-12-31T23:59:59Z",
        "9999-12-31T23:59:59-23:59",
        "1999-12-31T23:59:59Z",
        "2026-01-01T00:00:00",
        "",
        0,
        10**30,
        None,
    ],
    ids=str,
)
async def test_a_cursor_with_any_instant_is_a_page_or_refused(fund: Fund, instant: object) -> None:
    for path in ("/v1/mismatches", "/v1/changes"):
        assert await status(fund, path, position(0, 0, instant)) in {200, 400, 422}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "=",
        "!!!!",
        "é",
        "W10=",
        "e30=",
        "bnVsbA==",
        "IiI=",
        base64.urlsafe_b64encode(b"[" * 100).decode(),
        base64.urlsafe_b64encode(b"9" * 120).decode(),
        base64.urlsafe_b64encode(b"1e400").decode(),
    ],
)
def test_a_malformed_cursor_is_refused(text: str) -> None:
    for decode in (cursor.decode_number, cursor.decode_position):
        with pytest.raises(ShikakuError, match="cursor-invalid"):
            decode(text)


@pytest.mark.anyio
@pytest.mark.parametrize(
    "since_month", ["2000-01", "2099-12", "2026-13", "1999-12", "9999999-01", "20260-1", "2026-01\n"]
)
async def test_any_month_is_a_page_or_refused(fund: Fund, since_month: str) -> None:
    number = cursor.encode(MAX_STORED_INTEGER)
    found = await status(fund, "/v1/paper-certificates", number, since_month=since_month)
    assert found in {200, 422}
