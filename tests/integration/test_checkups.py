"""特定健診 from insurers: of their own members alone, kept under comparable keys, the unknown counted."""

from __future__ import annotations

import json
from typing import Any

import httpx2
import pytest

from eligibility_api.checkups.endpoints import MAX_BYTES
from eligibility_api.contract.codes import Right
from eligibility_api.contract.tokens import Credential
from tests.builders.fund import OTHER_INSURER, Fund, Person

pytestmark = pytest.mark.anyio

ITEM: dict[str, Any] = {
    "item_code": "9A751000000000001",
    "item_name": "収縮期血圧（1回目）",
    "data_type": "PQ",
    "value": "128",
    "unit": "mmHg",
}


def checkup(fund: Fund, person: Person, **more: Any) -> dict[str, Any]:
    """A check-up of a person by her membership; None leaves a field out."""
    body = {name: value for name, value in more.items() if name not in {"examined_on", "items"}}
    said = {"examined_on": more.get("examined_on", "2026-06-01"), "items": more.get("items", [ITEM])}
    return fund.asked(person, **body) | said


async def send(
    fund: Fund, *checkups: dict[str, Any], credential: Credential | None = None
) -> httpx2.Response:
    return await fund.post("/v1/health-checkups", {"checkups": list(checkups)}, credential or fund.insurer)


async def kept(fund: Fund, person: Person) -> list[dict[str, Any]]:
    number = person.resident.resident_id[1:].replace("-", "")
    statement = "SELECT * FROM health_checkup WHERE upper(number_key) = upper($1) ORDER BY checkup"
    return [dict(row) for row in await fund.owner.fetch(statement, [number])]


async def test_they_are_kept_by_comparable_keys_and_counted(fund: Fund) -> None:
    person, stranger = fund.person(), fund.person()
    await fund.enrol(person)
    before = fund.clock()

    told = await send(fund, checkup(fund, person, symbol="見 本"), checkup(fund, stranger))

    assert told.status_code == 201, told.text
    assert (told.json()["accepted"], told.json()["unmatched"]) == (2, 1)
    [row] = await kept(fund, person)
    assert (row["insurer_number"], row["symbol_key"], row["branch_key"]) == ("01130012", "見本", "00")
    assert json.loads(row["items"]) == [ITEM]
    assert before < row["known_from"] < fund.clock()
    record = (await fund.records("kind = 'checkups.told'"))[-1]
    detail = json.loads(record["detail"])
    assert (record["outcome"], record["insurer_number"]) == ("done", "01130012")
    assert (detail["taken"], detail["unmatched"]) == (2, 1)


async def test_a_member_may_be_named_without_her_branch(fund: Fund) -> None:
    person = fund.person()
    await fund.enrol(person)
    told = [await send(fund, checkup(fund, person, branch=branch)) for branch in (None, "00", "01")]
    assert [response.json()["unmatched"] for response in told] == [0, 0, 1]


async def test_a_withdrawn_member_is_not_known(fund: Fund) -> None:
    person = fund.person()
    await fund.enrol(person)
    withdrawn = await fund.change(person, "withdraw", acquired_on="2024-04-01")
    assert withdrawn.status_code == 200, withdrawn.text
    assert (await send(fund, checkup(fund, person))).json()["unmatched"] == 1


async def test_a_second_one_of_a_day_stands_beside_the_first(fund: Fund) -> None:
    person = fund.person()
    for value in ("128", "132"):
        await send(fund, checkup(fund, person, items=[ITEM | {"value": value}]))
    rows = await kept(fund, person)
    assert [json.loads(row["items"])[0]["value"] for row in rows] == ["128", "132"]
    assert rows[0]["known_from"] < rows[1]["known_from"]


async def test_another_insurers_member_keeps_all_of_it_out(fund: Fund) -> None:
    person = fund.person()
    refused = await send(fund, checkup(fund, person), checkup(fund, person, insurer_number=OTHER_INSURER))
    assert (refused.status_code, refused.json()["code"]) == (403, "enrolment-other-insurer")
    assert await kept(fund, person) == []


async def test_nobody_but_an_admitted_insurer_sends_any(fund: Fund) -> None:
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


async def test_five_hundred_with_fifty_items_are_taken_at_once(fund: Fund) -> None:
    person = fund.person()
    many = checkup(fund, person, items=[ITEM] * 50)
    assert 500 * len(json.dumps(many, ensure_ascii=False).encode()) < MAX_BYTES
    told = await send(fund, *[many] * 500)
    assert (told.status_code, told.json()["accepted"]) == (201, 500)
    assert (await send(fund, *[checkup(fund, person)] * 501)).json()["code"] == "request-invalid"


@pytest.mark.parametrize("wrong", [{"item_code": "9A751"}, {"oid": "1..2"}, {"value": "\x00"}])
async def test_an_item_has_its_form(fund: Fund, wrong: dict[str, Any]) -> None:
    refused = await send(fund, checkup(fund, fund.person(), items=[ITEM | wrong]))
    assert (refused.status_code, refused.json()["code"]) == (422, "request-invalid")
