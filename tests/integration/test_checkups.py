"""特定健診 from insurers: of their own members only, stored under comparable keys, unmatched ones counted."""

from __future__ import annotations

import json
from typing import Any

import httpx2
import pytest

from eligibility_api.checkups.endpoints import MAX_BYTES
from eligibility_api.contract.codes import Right
from eligibility_api.contract.tokens import Credential
from tests.builders.fund import Fund
from tests.builders.fund_clients import OTHER_INSURER
from tests.builders.people import Person

pytestmark = pytest.mark.anyio

ITEM: dict[str, Any] = {
    "item_code": "9A751000000000001",
    "item_name": "収縮期血圧（1回目）",
    "data_type": "PQ",
    "value": "128",
    "unit": "mmHg",
}


def checkup(fund: Fund, person: Person, **more: Any) -> dict[str, Any]:
    """A check-up of a person by her membership; None omits a field."""
    body = {name: value for name, value in more.items() if name not in {"examined_on", "items"}}
    checkup = {"examined_on": more.get("examined_on", "2026-06-01"), "items": more.get("items", [ITEM])}
    return fund.lookup_body(person, **body) | checkup


async def send(
    fund: Fund, *checkups: dict[str, Any], credential: Credential | None = None
) -> httpx2.Response:
    return await fund.post("/v1/health-checkups", {"checkups": list(checkups)}, credential or fund.insurer)


async def kept(fund: Fund, person: Person) -> list[dict[str, Any]]:
    number = person.resident.resident_id[1:].replace("-", "")
    statement = "SELECT * FROM health_checkup WHERE upper(number_key) = upper($1) ORDER BY checkup"
    return [dict(row) for row in await fund.owner.fetch(statement, [number])]


async def test_check_ups_are_stored_by_comparable_keys_and_counted(fund: Fund) -> None:
    person, stranger = fund.person(), fund.person()
    await fund.enrol(person)
    before = fund.clock()

    uploaded = await send(fund, checkup(fund, person, symbol="見 本"), checkup(fund, stranger))

    assert uploaded.status_code == 201, uploaded.text
    assert (uploaded.json()["accepted"], uploaded.json()["unmatched"]) == (2, 1)
    [row] = await kept(fund, person)
    assert (row["insurer_number"], row["symbol_key"], row["branch_key"]) == ("01130012", "見本", "00")
    assert json.loads(row["items"]) == [ITEM]
    assert before < row["known_from"] < fund.clock()
    record = (await fund.records("kind = 'checkups.recorded'"))[-1]
    detail = json.loads(record["detail"])
    assert (record["outcome"], record["insurer_number"]) == ("done", "01130012")
    assert (detail["taken"], detail["unmatched"]) == (2, 1)


async def test_a_member_may_be_named_without_a_branch(fund: Fund) -> None:
    person = fund.person()
    await fund.enrol(person)
    uploaded = [await send(fund, checkup(fund, person, branch=branch)) for branch in (None, "00", "01")]
    assert [response.json()["unmatched"] for response in uploaded] == [0, 0, 1]


async def test_a_withdrawn_member_is_unmatched(fund: Fund) -> None:
    person = fund.person()
    await fund.enrol(person)
    withdrawn = await fund.change(person, "withdraw", acquired_on="2024-04-01")
    assert withdrawn.status_code == 200, withdrawn.text
    assert (await send(fund, checkup(fund, person))).json()["unmatched"] == 1


async def test_a_second_check_up_of_a_day_is_stored_in_addition(fund: Fund) -> None:
    person = fund.person()
    for value in ("128", "132"):
        await send(fund, checkup(fund, person, items=[ITEM | {"value": value}]))
    rows = await kept(fund, person)
    assert [json.loads(row["items"])[0]["value"] for row in rows] == ["128", "132"]
    assert rows[0]["known_from"] < rows[1]["known_from"]


async def test_a_member_of_another_insurer_rejects_the_whole_call(fund: Fund) -> None:
    person = fund.person()
    refused = await send(fund, checkup(fund, person), checkup(fund, person, insurer_number=OTHER_INSURER))
    assert (refused.status_code, refused.json()["code"]) == (403, "enrolment-other-insurer")
    assert await kept(fund, person) == []


async def test_only_an_admitted_insurer_may_upload_check_ups(fund: Fund) -> None:
    closed = await fund.admit_insurer(OTHER_INSURER)
    body = checkup(fund, fund.person(), insurer_number=OTHER_INSURER)
    terminal = await fund.terminal(rights=(Right.ELIGIBILITY,))
    by_terminal = await send(fund, body, credential=terminal)
    assert (await send(fund, body, credential=closed)).status_code == 201
    await fund.owner.fetch(
        "UPDATE client SET closed_at = now() WHERE client_id = $1::text::uuid", [closed.client_id]
    )
    codes = [by_terminal.json()["code"], (await send(fund, body, credential=closed)).json()["code"]]
    assert codes == ["right-missing", "client-closed"]


async def test_five_hundred_check_ups_with_fifty_items_are_accepted(fund: Fund) -> None:
    person = fund.person()
    many = checkup(fund, person, items=[ITEM] * 50)
    assert 500 * len(json.dumps(many, ensure_ascii=False).encode()) < MAX_BYTES
    uploaded = await send(fund, *[many] * 500)
    assert (uploaded.status_code, uploaded.json()["accepted"]) == (201, 500)
    assert (await send(fund, *[checkup(fund, person)] * 501)).json()["code"] == "request-invalid"


@pytest.mark.parametrize("wrong", [{"item_code": "9A751"}, {"oid": "1..2"}, {"value": "\x00"}])
async def test_an_item_of_another_form_is_rejected(fund: Fund, wrong: dict[str, Any]) -> None:
    refused = await send(fund, checkup(fund, fund.person(), items=[ITEM | wrong]))
    assert (refused.status_code, refused.json()["code"]) == (422, "request-invalid")
