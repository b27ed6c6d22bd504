"""Areas of disaster mode (rule W9): a facility's prefecture, its municipality, or the facility alone."""

from __future__ import annotations

import pytest

from eligibility_api.domain.areas import areas_of, is_facility, is_municipality, is_prefecture

IN_01, IN_02, ELSEWHERE = "1310100126", "1310200132", "0110113719"


@pytest.mark.parametrize(
    ("areas", "facilities"),
    [
        (["13"], {IN_01, IN_02}),
        (["1301"], {IN_01}),
        (["1302"], {IN_02}),
        (["1301", "1302"], {IN_01, IN_02}),
        (["1401", "0101"], {ELSEWHERE}),
        ([IN_02], {IN_02}),
        (["01", IN_01], {IN_01, ELSEWHERE}),
        ([], set()),
        (["10"], set()),
    ],
)
def test_disaster_mode_is_on_for_the_facilities_of_its_areas(areas: list[str], facilities: set[str]) -> None:
    assert {
        code for code in (IN_01, IN_02, ELSEWHERE) if not {*areas}.isdisjoint(areas_of(code))
    } == facilities


def test_the_fee_table_between_prefecture_and_municipality_does_not_matter() -> None:
    for fee_table in "134567":
        assert areas_of(f"13{fee_table}0100126")[:2] == ("13", "1301")


@pytest.mark.parametrize(
    ("area", "kinds"),
    [
        ("13", {is_prefecture}),
        ("47", {is_prefecture}),
        ("01", {is_prefecture}),
        ("48", set()),
        ("00", set()),
        ("1", set()),
        ("1301", {is_municipality}),
        ("1300", {is_municipality}),
        ("4801", set()),
        ("１３０１", set()),
        ("13０１", set()),
        ("13-1", set()),
        (IN_01, {is_facility}),
        (IN_01[:-1] + "7", set()),
        ("", set()),
    ],
)
def test_an_area_is_of_one_kind_or_none(area: str, kinds: set[object]) -> None:
    assert {kind for kind in (is_prefecture, is_municipality, is_facility) if kind(area)} == kinds
