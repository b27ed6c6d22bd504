"""Reading a residents file as households; birthdays and the class of the seventies."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payer_mock.population.residents import (
    Person,
    ResidentsError,
    age_on,
    birthday,
    elderly_class_from,
    home_place,
    read_households,
)
from tests.depth import max_examples

BORN = st.dates(date(1900, 1, 1), date(2020, 12, 31))
RESIDENT: dict[str, Any] = {
    "resident_id": "R1-00000001", "name": "架空　一郎", "name_kana": "カクウ　イチロウ", "birth_date": "1980-02-03", "sex": "1",
    "postal_code": "000-0000", "address": "架空県見本市１", "died_on": None,
}  # fmt: skip


def households(*residents: dict[str, Any]) -> list[list[str]]:
    lines = [json.dumps(RESIDENT | changes) for changes in residents]
    return [[person.name for person in household] for household in read_households(lines)]


def test_consecutive_people_of_one_address_and_family_name_are_a_household() -> None:
    read = households(
        {"name": "架空　一"}, {"name": "架空　二"}, {"name": "見本　三"}, {"name": "見本　四", "address": "他"},
        {"name": "架空　五"},
    )  # fmt: skip
    assert read == [["架空　一", "架空　二"], ["見本　三"], ["見本　四"], ["架空　五"]]


def test_the_dead_are_left_out_and_do_not_divide_a_household() -> None:
    read = households(
        {"name": "架空　一"}, {"name": "架空　二", "died_on": "2020-01-01"}, {"name": "架空　三"}
    )
    assert read == [["架空　一", "架空　三"]]
    assert households({"died_on": "2020-01-01"}) == []


def test_a_person_has_the_register_s_items() -> None:
    [[person]] = read_households([json.dumps(RESIDENT)])
    assert person == Person(
        "架空　一郎", "カクウ　イチロウ", date(1980, 2, 3), "1", "000-0000", "架空県見本市１"
    )


@pytest.mark.parametrize(
    "line",
    [
        "",
        "架空",
        "null",
        "[]",
        '"架空　漏洩"',
        "5",
        "{}",
        "[" * 100_000,
        json.dumps(RESIDENT | {"birth_date": "1980-02-30"}),
        json.dumps(RESIDENT | {"birth_date": None}),
        json.dumps(RESIDENT | {"birth_date": 19800203}),
        json.dumps(RESIDENT | {"name": 5}),
        json.dumps(RESIDENT | {"name": None}),
        json.dumps(RESIDENT | {"name": ["架空", "一郎"]}),
        json.dumps(RESIDENT | {"address": 1}),
        json.dumps(RESIDENT | {"postal_code": None}),
        json.dumps(RESIDENT | {"sex": "3"}),
        json.dumps(RESIDENT | {"sex": ""}),
        json.dumps(RESIDENT | {"sex": 1}),
        json.dumps({name: value for name, value in RESIDENT.items() if name != "name_kana"}),
    ],
)
def test_a_line_that_is_no_resident_is_named_by_its_number_and_not_repeated(line: str) -> None:
    lines = [json.dumps(RESIDENT), line]
    with pytest.raises(ResidentsError) as raised:
        list(read_households(lines))
    assert str(raised.value) == "line 2 is not a resident"


@max_examples(50)
@given(BORN, st.integers(0, 110))
def test_a_birthday_is_the_first_day_of_an_age(born: date, age: int) -> None:
    day = birthday(born, age)
    assert age_on(born, day) == age
    assert age_on(born, day - timedelta(days=1)) == age - 1


@pytest.mark.parametrize(
    ("born", "age", "day"),
    [
        (date(2000, 2, 29), 1, date(2001, 3, 1)),
        (date(2000, 2, 29), 4, date(2004, 2, 29)),
        (date(1952, 2, 29), 75, date(2027, 3, 1)),
        (date(1951, 12, 31), 75, date(2026, 12, 31)),
    ],
)
def test_who_was_born_on_a_leap_day_has_a_birthday_in_every_year(born: date, age: int, day: date) -> None:
    assert birthday(born, age) == day


@given(BORN)
def test_the_class_of_the_seventies_begins_with_the_month_after_the_birthday(born: date) -> None:
    first, seventieth = elderly_class_from(born), birthday(born, 70)
    assert first.day == 1
    assert first >= seventieth
    assert (first - seventieth).days < 31
    assert (first == seventieth) is (seventieth.day == 1)


@given(st.text(max_size=20))
def test_a_household_s_municipality_follows_from_its_address_alone(address: str) -> None:
    assert home_place(address) == home_place(str(address))
    assert 0 <= home_place(address) < 2**32
