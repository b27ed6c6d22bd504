"""災害時医療情報閲覧: disaster mode is opened for areas and a period, extended, and closes."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import pytest

from eligibility_api.contract.codes import Role
from eligibility_api.emergency import disasters
from eligibility_api.emergency.disasters import Opening
from tests.builders.commands import Command
from tests.builders.disaster import BY, DOCTOR, ask, code, declared_disaster, insured, items, search
from tests.builders.fund import Fund
from tests.builders.staff import as_staff

pytestmark = pytest.mark.anyio


@pytest.fixture
async def disaster(fund: Fund) -> AsyncIterator[int]:
    async with declared_disaster(fund) as number:
        yield number


AREAS = [
    (["13"], {"1310100126", "1310100142", "1310200132"}),
    (["1301"], {"1310100126", "1310100142"}),
    (["1302", "1201"], {"1310200132"}),
    (["1310100142"], {"1310100142"}),
    (["12", "1399"], set()),
]


@pytest.mark.parametrize(("areas", "admitted"), AREAS)
async def test_disaster_mode_is_on_for_a_prefecture_a_municipality_or_single_facilities(
    fund: Fund, areas: list[str], admitted: set[str]
) -> None:
    """Rule W9."""
    person = await insured(fund)
    async with fund.owner.transaction() as connection:
        await disasters.open_disaster(connection, Opening(areas, timedelta(hours=1), "試験"), BY)
    try:
        found = {}
        for place in ("1310100126", "1310100142", "1310200132"):
            terminal = await fund.terminal(institution_code=place)
            found[place] = await search(fund, items(person), terminal)
    finally:
        await fund.owner.fetch("UPDATE disaster SET closed_at = opened_at WHERE closed_at IS NULL", [])
    assert {place for place, response in found.items() if response.status_code == 200} == admitted
    refused = {code(response) for response in found.values() if response.status_code != 200}
    assert refused <= {(403, "disaster-mode-off")}


async def test_disaster_mode_is_extended_by_hours(fund: Fund) -> None:
    """Rule W9."""
    async with fund.owner.transaction() as connection:
        opened = await disasters.open_disaster(connection, Opening(["47"], timedelta(hours=2), "試験"), BY)
        extended = await disasters.extend(connection, opened.disaster_id, timedelta(hours=3), BY)
        await disasters.close(connection, opened.disaster_id, BY)
    assert extended.closes_at - opened.opened_at == timedelta(hours=5)


async def test_disaster_mode_closes_by_itself_with_its_permits(fund: Fund) -> None:
    person = await insured(fund)
    async with fund.owner.transaction() as connection:
        opened = await disasters.open_disaster(connection, Opening(["13"], timedelta(days=1), "試験豪雨"), BY)
    async with fund.clock_offset(timedelta(hours=20)):
        given = await ask(fund, await search(fund, items(person)))
        headers = {"Authorization": f"Bearer {await fund.token(fund.clinic)}"} | as_staff(Role.DOCTOR, DOCTOR)
        path = f"/v1/disaster-permits/{given.json()['permit_id']}/medications"
        response = await fund.http.get(path, headers=headers)
        await fund.set_clock_offset(timedelta(hours=24, seconds=5))
        headers |= {"Authorization": f"Bearer {await fund.token(fund.clinic)}"}
        late = [await search(fund, items(person)), await fund.http.get(path, headers=headers)]
    assert (given.status_code, response.status_code) == (201, 200)
    assert given.json()["available_until"] == opened.closes_at.isoformat().replace("+00:00", "Z")
    assert [code(response) for response in late] == [(403, "disaster-mode-off"), (403, "consent-expired")]
    await fund.owner.fetch("UPDATE disaster SET closed_at = opened_at WHERE closed_at IS NULL", [])


async def test_disaster_mode_is_opened_extended_and_closed_by_command_and_recorded(
    fund: Fund, command: Command
) -> None:
    opened = await command(
        *(
            "disaster",
            "open",
            "--prefectures",
            "17,18",
            "--days",
            "7",
            "--reason",
            "試験地震",
            "--opened-by",
            BY,
        )
    )
    number = str(json.loads(opened.out)["disaster_id"])
    extended = await command("disaster", "extend", number, "--days", "3", "--extended-by", BY)
    closed = await command("disaster", "close", number, "--closed-by", BY)
    again = [
        await command("disaster", "close", number, "--closed-by", BY),
        await command("disaster", "extend", number, "--hours", "1", "--extended-by", BY),
    ]
    listed = await command("disaster", "list")

    assert [result.code for result in (opened, extended, closed, listed)] == [0] * 4
    assert [(result.code, len(result.err.splitlines())) for result in again] == [(1, 1)] * 2
    row = json.loads(listed.out.splitlines()[-1])
    assert (row["areas"], row["reason"], row["open"]) == (["17", "18"], "試験地震", False)
    records = [
        record
        for record in await fund.records("kind LIKE 'disaster.%' AND operator = $1", BY)
        if str(json.loads(record["detail"])["disaster_id"]) == number
    ]
    assert [record["kind"] for record in records] == [
        "disaster.opened",
        "disaster.extended",
        "disaster.closed",
    ]


async def test_prefectures_municipalities_and_facilities_are_opened_together(
    command: Command, fund: Fund
) -> None:
    opened = await command(
        *(
            "disaster",
            "open",
            "--prefectures",
            "17",
            "--municipalities",
            "1301, 1302",
            "--facilities",
            "1310100126",
        ),
        *("--days", "0", "--hours", "6", "--reason", "試験", "--opened-by", BY),
    )
    row = json.loads(opened.out)
    assert row["areas"] == ["17", "1301", "1302", "1310100126"]
    lasts = datetime.fromisoformat(row["closes_at"]) - datetime.fromisoformat(row["opened_at"])
    assert lasts == timedelta(hours=6)
    await command("disaster", "close", str(row["disaster_id"]), "--closed-by", BY)


@pytest.mark.parametrize(
    "areas",
    [
        ("--prefectures", "48"),
        ("--prefectures", "7"),
        ("--prefectures", "17,17"),
        ("--prefectures", ""),
        ("--municipalities", "131"),
        ("--municipalities", "4801"),
        ("--municipalities", "1301,1301"),
        ("--facilities", "1310100127"),
        ("--prefectures", "1301"),
        ("--prefectures", "17", "--days", "0"),
        (),
    ],
)
async def test_it_is_opened_for_existing_areas_and_some_time(
    command: Command, areas: tuple[str, ...]
) -> None:
    result = await command(*("disaster", "open", *areas, "--reason", "試験", "--opened-by", BY))
    assert result.code == 2


async def test_it_is_extended_by_some_time(command: Command) -> None:
    assert (await command("disaster", "extend", "1", "--extended-by", BY)).code == 2
