"""災害時医療情報閲覧: a search in disaster mode must match exactly one person, and answers what holds."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from eligibility_api.contract.codes import FacilityKind, Right
from eligibility_api.domain.text import folded_text
from eligibility_api.emergency.person_search import _folded
from tests.builders.disaster import (
    DOCTOR,
    code,
    declared_disaster,
    insured,
    items,
    last,
    membership,
    search,
)
from tests.builders.fund import Fund
from tests.builders.fund_clients import OTHER_CLINIC
from tests.builders.limits import limited, miss_count

pytestmark = pytest.mark.anyio


@pytest.fixture
async def disaster(fund: Fund) -> AsyncIterator[int]:
    async with declared_disaster(fund) as number:
        yield number


@pytest.mark.parametrize("by", ["items", "membership"])
async def test_a_search_answers_insurer_and_numbers(fund: Fund, disaster: int, by: str) -> None:
    """Rule W15."""
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
    """Rules D1, W15."""
    person = await insured(fund)
    number = person.resident.resident_id[1:]
    await fund.enrol(person, number="9" + number)
    await fund.enrol(person, number="8" + number, lost_on="2024-05-01", reason_of_loss="03")
    bodies = (items(person), membership(fund, person), membership(fund, person, number="8" + number))
    for body in bodies:
        found = (await search(fund, body)).json()["memberships"]
        assert sorted(one["number"] for one in found) == sorted([number, "9" + number])


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
