"""災害時医療情報閲覧: disaster mode for areas and a period; a search that must match exactly one person; then a permit."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from eligibility_api.contract import examples
from eligibility_api.contract.codes import FacilityKind, Right, Role
from eligibility_api.contract.tokens import Credential
from eligibility_api.domain.dates import day_in_japan
from eligibility_api.domain.text import folded_text
from eligibility_api.emergency import disasters
from eligibility_api.emergency.disasters import Opening
from eligibility_api.emergency.person_search import _folded
from tests.builders.commands import Command
from tests.builders.fund import Fund
from tests.builders.fund_clients import OTHER_CLINIC
from tests.builders.limits import limited, miss_count
from tests.builders.people import Person
from tests.builders.staff import as_staff, name_staff

pytestmark = pytest.mark.anyio

DOCTOR = "見本　医師"
BY = "試験　運用者"


@pytest.fixture
async def disaster(fund: Fund) -> AsyncIterator[int]:
    """A disaster that is open for the clinic's prefecture, for a week; closed after the test."""
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


@pytest.mark.parametrize("by", ["items", "membership"])
async def test_a_search_answers_insurer_and_numbers(fund: Fund, disaster: int, by: str) -> None:
    """Rule W9."""
    person = await insured(fund, symbol="見本", branch="01")
    body = items(person) if by == "items" else membership(fund, person, symbol="見本", branch="01")

    found = await search(fund, body)

    assert found.status_code == 200, found.text
    [shown] = found.json()["memberships"]
    assert shown == {
        "insurer_number": fund.insurer.insurer_number,
        "insurer_name": shown["insurer_name"],
        "symbol": "見本",
        "number": person.resident.resident_id[1:],
        "branch": "01",
    }
    assert await last(fund) == ("answered", {"disaster_id": disaster}, True)
    [record] = await fund.records("record_id = $1::text::uuid", found.json()["record_id"])
    assert (record["operator"], len(record["enrolments"]), len(record["matched_entitlements"])) == (
        DOCTOR,
        1,
        1,
    )


async def test_a_search_answers_everything_that_holds_and_nothing_else(fund: Fund, disaster: int) -> None:
    """Rules D1, W9."""
    person = await insured(fund)
    number = person.resident.resident_id[1:]
    await fund.enrol(person, number="9" + number)
    await fund.enrol(person, number="8" + number, lost_on="2024-05-01", reason_of_loss="03")
    bodies = (items(person), membership(fund, person), membership(fund, person, number="8" + number))
    for body in bodies:
        found = (await search(fund, body)).json()["memberships"]
        assert sorted(one["number"] for one in found) == sorted([number, "9" + number])


@pytest.mark.parametrize("consent", ["oral", "unconscious"])
async def test_the_consent_is_recorded_and_access_lasts_for_a_day(
    fund: Fund, disaster: int, consent: str
) -> None:
    """Rule W9."""
    person = await insured(fund)

    given = await ask(fund, await search(fund, items(person)), consent=consent)

    assert given.status_code == 201, given.text
    answer = given.json()
    [permit] = await fund.owner.fetch(
        "SELECT * FROM permit WHERE permit_id = $1::text::uuid", [answer["permit_id"]]
    )
    [version] = await fund.owner.fetch(
        "SELECT person_key FROM enrolment WHERE address = $1", [person.resident.address]
    )
    assert permit["person_key"] == version["person_key"]
    assert permit["until"] - permit["given_at"] == timedelta(hours=24)
    assert (answer["basis"], permit["basis"], permit["care"]) == ("disaster", "disaster", "4")
    assert answer["notice"].startswith("災害時の閲覧として記録され")
    assert json.loads(permit["reason"]) == {"disaster_id": disaster, "consent": consent}
    detail = {"role": "doctor", "permit": answer["permit_id"], "disaster_id": disaster, "consent": consent}
    assert await last(fund, "disaster.permit") == ("permitted", detail, True)
    headers = {"Authorization": f"Bearer {await fund.token(fund.clinic)}"} | as_staff(Role.DOCTOR, DOCTOR)
    response = await fund.http.get(f"/v1/disaster-permits/{answer['permit_id']}/medications", headers=headers)
    assert response.status_code == 200, response.text


@pytest.mark.parametrize("by", ["items", "membership"])
async def test_the_permit_names_the_memberships_found(fund: Fund, disaster: int, by: str) -> None:
    person = await insured(fund)
    given = await ask(fund, await search(fund, items(person) if by == "items" else membership(fund, person)))
    [permit] = await fund.owner.fetch(
        """SELECT matched_entitlements = ARRAY(SELECT entitlement FROM enrolment WHERE address = $2) AS same
           FROM permit WHERE permit_id = $1::text::uuid""",
        [given.json()["permit_id"], person.resident.address],
    )
    assert permit["same"]


async def test_a_permit_follows_a_search_of_this_facility_within_ten_minutes(
    fund: Fund, disaster: int
) -> None:
    """Rule W9."""
    person, elsewhere = await insured(fund), await fund.terminal(institution_code="1310100142")
    found = await search(fund, items(person))
    looked_up = await fund.look_up(person)
    others = [
        await ask(fund, found, elsewhere),
        await ask(fund, looked_up),
        await ask(fund, found, identified_by=str(uuid4())),
    ]
    async with fund.clock_offset(timedelta(minutes=10)):
        others.append(await ask(fund, found))
    assert {code(response) for response in others} == {(403, "not-identified")}
    assert (await ask(fund, found)).status_code == 201


async def test_a_person_blocked_after_the_search_is_refused(fund: Fund, disaster: int) -> None:
    """Rule W10."""
    person = await insured(fund)
    found = await search(fund, items(person))
    await fund.owner.fetch(
        "UPDATE enrolment SET self_disclosure_blocked = true WHERE address = $1", [person.resident.address]
    )
    assert code(await ask(fund, found)) == (403, "card-not-usable")
    assert (await last(fund, "disaster.permit"))[0] == "card-not-usable"


async def test_a_prescription_may_follow_a_search(fund: Fund, disaster: int) -> None:
    """Rule W11."""
    person = await insured(fund)
    rights = (Right.ELIGIBILITY, Right.PRESCRIPTION)
    terminal = await fund.terminal(rights=rights)
    found = await search(fund, items(person), terminal)
    day = day_in_japan(fund.clock()).isoformat()
    body = examples.PRESCRIPTION | {"identified_by": found.json()["record_id"], "prescribed_on": day}
    response = await fund.post(
        "/v1/prescriptions", body, terminal, key=str(uuid4()), headers=as_staff(Role.DOCTOR, DOCTOR)
    )
    assert response.status_code == 201, response.text


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


async def test_width_spaces_hyphens_and_kana_do_not_matter(fund: Fund, disaster: int) -> None:
    person = await insured(
        fund,
        {"name": "見本　ーローマ字Ａ", "name_kana": "ミホン ローマジ", "address": "架空県見本市９丁目１－２"},
    )
    fit = [
        items(person, name="見本ーローマ字A", address="架空県見本市 9丁目1-2"),
        items(person, name=None, name_kana="ﾐﾎﾝﾛｰﾏｼﾞ", address="架空県見本市9丁目1−2"),
        items(person, name="見本-ローマ字A", name_kana="みほん　ろーまじ", address="架空県見本市9丁目1‐2"),
    ]
    assert [(await search(fund, body)).status_code for body in fit] == [200] * 3


async def test_an_alias_matches_too(fund: Fund, disaster: int) -> None:
    person = await insured(fund, name_alias="通称　見本", name_alias_kana="ツウショウ ミホン")
    fit = [items(person, name="通称見本"), items(person, name=None, name_kana="つうしょう　みほん")]
    assert [(await search(fund, body)).status_code for body in fit] == [200] * 2


@pytest.mark.parametrize(
    "other",
    [
        {"name": "試験　別人"},
        {"birth_date": "1980-05-18"},
        {"sex": "1"},
        {"address": "架空県見本市"},
        {"name_kana": "ベツジン"},
    ],
)
async def test_one_different_item_finds_nobody_and_is_recorded(
    fund: Fund, disaster: int, other: dict[str, str]
) -> None:
    person = await insured(fund)
    assert code(await search(fund, items(person, **other))) == (404, "disaster-not-found")
    assert await last(fund) == ("disaster-not-found", {"disaster_id": disaster}, False)


@pytest.mark.parametrize(
    "days", [{"acquired_on": "2999-01-01"}, {"lost_on": "2024-05-01", "reason_of_loss": "03"}]
)
async def test_a_person_not_insured_today_is_not_found_by_items(
    fund: Fund, disaster: int, days: dict[str, Any]
) -> None:
    person = await insured(fund, **days)
    assert code(await search(fund, items(person))) == (404, "disaster-not-found")


async def test_a_search_that_matches_two_persons_is_refused(fund: Fund, disaster: int) -> None:
    family = {"address": "架空県見本市双子町1", "name": "試験　双子"}
    one = await insured(fund, family | {"name_kana": "シケン ヒトリメ"}, number="T-1", branch="01")
    await insured(fund, family | {"name_kana": "シケン フタリメ"}, number="T-1", branch="02")
    by_items = await search(fund, items(one))
    by_membership = await search(fund, membership(fund, one, number="T-1", branch=None))
    assert {code(by_items), code(by_membership)} == {(409, "disaster-several-found")}
    assert (await last(fund))[0] == "disaster-several-found"
    assert (await search(fund, items(one, name_kana="しけん ひとりめ"))).status_code == 200


async def test_two_memberships_of_one_person_count_as_one_person(fund: Fund, disaster: int) -> None:
    person = await insured(fund)
    await fund.enrol(person, number="9" + person.resident.resident_id[1:])
    assert (await search(fund, items(person))).status_code == 200


@pytest.mark.parametrize("flag", ["nondisclosure", "self_disclosure_blocked"])
async def test_a_search_does_not_confirm_a_protected_persons_address(
    fund: Fund, disaster: int, flag: str
) -> None:
    person = await insured(fund, **{flag: True})
    right, wrong = await search(fund, items(person)), await search(fund, items(person, address="架空県別市"))
    assert code(right) == (403, "card-not-usable")
    without = {"request_id"}
    assert [right.json()[name] for name in right.json() if name not in without] == [
        wrong.json()[name] for name in wrong.json() if name not in without
    ]
    assert (await last(fund))[0] == "card-not-usable"


async def test_a_block_and_a_mismatch_refuse_a_search_by_membership(fund: Fund, disaster: int) -> None:
    blocked, unknown = await insured(fund, self_disclosure_blocked=True), fund.person()
    await fund.enrol(unknown, name="試験　名簿違い")
    refused = [await search(fund, membership(fund, person)) for person in (blocked, unknown)]
    assert {code(response) for response in refused} == {(403, "card-not-usable")}


async def test_misses_count_like_those_of_look_ups_by_number(fund: Fund, disaster: int) -> None:
    person, terminal = await insured(fund), await fund.terminal()
    with limited(fund, number_misses_per_hour=2):
        await fund.look_up(person, terminal, number="0000-000000")
        missed = await search(fund, items(person, name="試験　別人"), terminal)
        beyond = [await search(fund, body, terminal) for body in (items(person), membership(fund, person))]
    assert code(missed) == (404, "disaster-not-found")
    assert {code(response) for response in beyond} == {(429, "number-miss-limit")}
    count = await miss_count(fund, terminal.client_id)
    assert count is not None
    assert count["misses"] == 2


async def test_a_search_is_refused_where_disaster_mode_is_off(fund: Fund, disaster: int) -> None:
    person, elsewhere = await insured(fund), await fund.terminal(institution_code=OTHER_CLINIC)
    assert code(await search(fund, items(person), elsewhere)) == (403, "disaster-mode-off")
    await fund.owner.fetch("UPDATE disaster SET closed_at = now() WHERE closed_at IS NULL", [])
    assert code(await search(fund, items(person))) == (403, "disaster-mode-off")
    assert await last(fund) == ("disaster-mode-off", {}, False)


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


@pytest.mark.parametrize(
    ("who", "expected"),
    [
        ({"role": "reception"}, "role-not-permitted"),
        ({"role": "authorised-staff"}, "staff-not-authorised"),
    ],
)
async def test_a_permit_without_a_medical_role_is_refused(
    fund: Fund, disaster: int, who: dict[str, str], expected: str
) -> None:
    found = await search(fund, items(await insured(fund)))
    assert code(await ask(fund, found, None, **who)) == (403, expected)
    assert (await last(fund, "disaster.permit"))[0] == expected


async def test_authorised_staff_get_a_permit(fund: Fund, disaster: int) -> None:
    found, staff = await search(fund, items(await insured(fund))), "見本　職員"
    await name_staff(fund, staff)
    by_staff = {"role": "authorised-staff", "operator": staff}
    assert (await ask(fund, found, None, **by_staff)).status_code == 201


async def test_an_eligibility_only_facility_may_not_search(fund: Fund, disaster: int) -> None:
    person = await insured(fund)
    reduced = await fund.terminal(
        institution_code="1391111116", kind=FacilityKind.ELIGIBILITY_ONLY, rights=(Right.ELIGIBILITY,)
    )
    assert code(await search(fund, items(person), reduced)) == (403, "right-missing")


async def test_a_search_is_either_by_items_or_by_membership(fund: Fund, disaster: int) -> None:
    person = await insured(fund)
    half = [
        items(person, address=None),
        items(person, name=None),
        membership(fund, person) | {"name": person.resident.name},
        items(person) | membership(fund, person),
    ]
    assert {(await search(fund, body)).json()["code"] for body in half} == {"request-invalid"}


@pytest.mark.parametrize(
    "text",
    [
        "架空県１－２－３",
        "ﾐﾎﾝ ﾛｰﾏ",
        "見本　太郎",
        "か\u3000\u3099",
        "e \u0301",
        "１\u2010２\u2015３ー\u2212",
        "㍿㌔ａ",
    ],
)
async def test_the_database_folds_text_as_the_rule_does(fund: Fund, text: str) -> None:
    [row] = await fund.owner.fetch(f"SELECT {_folded('$1::text')} AS folded", [text])
    assert row["folded"] == folded_text(text)


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
