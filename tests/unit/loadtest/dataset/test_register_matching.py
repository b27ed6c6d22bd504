"""Which resident a row describes, for the reference model (rules J1, J2)."""

from __future__ import annotations

from datetime import date

import pytest

from jpki_mock.register.resident import Resident
from loadtest.dataset.register_matching import Match, RegisterMatching


def resident(number: int, **items: str) -> Resident:
    usual = {
        "resident_id": f"R1-{number}",
        "birth_date": date(1980, 5, 17),
        "name": "見本　𠮷子",
        "name_kana": "ミホン　ショウコ",
        "sex": "2",
        "postal_code": "000-0010",
        "address": "架空県見本市中央１丁目２番３号",
    }
    return Resident.model_validate(usual | items)


HER = resident(1)
OTHER = resident(2, name="試験　花子", name_kana="シケン　ハナコ")


def cells(**items: str) -> dict[str, str]:
    row = {name: str(getattr(HER, name)) for name in ("name", "name_kana", "birth_date", "sex", "address")}
    return row | items


@pytest.mark.parametrize(
    ("row", "match"),
    [
        (cells(), Match("R1-1")),
        (cells(name="見本𠮷子"), Match("R1-1")),
        (cells(name="見本　吉子"), Match("R1-1", frozenset([("name", "character")]))),
        (cells(name="見本　●子"), Match("R1-1", frozenset([("name", "missing")]))),
        (cells(name_kana="ミホン　シヨウコ"), Match("R1-1", frozenset([("name_kana", "kana")]))),
        (cells(address="見本市中央1-2-3"), Match("R1-1", frozenset([("address", "address")]))),
        (cells(address="見本市中央1-2-4"), None),
        (cells(name="見本　花子"), None),
        (cells(birth_date="1980-05-18"), None),
        (cells(sex="1"), None),
    ],
    ids=range(10),
)
def test_a_row_is_matched_as_by_the_register(row: dict[str, str], match: Match | None) -> None:
    assert RegisterMatching([HER], [HER, OTHER]).match(row) == match


def test_a_resident_nobody_asks_about_is_not_matched_but_makes_another_ambiguous() -> None:
    twin = resident(3, name="見本　吉子")
    matching = RegisterMatching([HER], [HER, twin, OTHER])
    assert matching.match(cells(name="見本　●子")) is None
    assert matching.match(cells(name="見本　吉子")) is None
    assert matching.match(cells()) == Match("R1-1")
    other = {"name": OTHER.name, "name_kana": OTHER.name_kana}
    assert matching.match(cells(**other)) is None
