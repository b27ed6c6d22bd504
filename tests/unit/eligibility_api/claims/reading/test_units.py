"""Calculation units: values shared from their last record, and assignment of comments."""

from __future__ import annotations

import pytest

from eligibility_api.claims.reading.units import Units


def medicine(
    code: str, times: int | None = None
) -> tuple[str, str, str | None, int | None, tuple[tuple[int, int], ...]]:
    return "IY", code, None, times, ()


def usages(units: Units) -> list[tuple[str, str | None, int | None, str | None]]:
    units.close()
    return [(drug.code, drug.act, drug.times, drug.usage) for drug in units.drugs]


def test_a_unit_takes_times_from_its_last_record_and_its_act_from_its_first() -> None:
    units = Units()
    assert units.add("21", medicine("A"), last=False)
    assert units.add(None, medicine("B", 7), last=True)
    assert units.add(None, medicine("C", 3), last=True)
    assert usages(units) == [("A", "21", 7, None), ("B", "21", 7, None), ("C", "21", 3, None)]


def test_another_act_ends_a_unit_without_points() -> None:
    units = Units()
    units.add("21", medicine("A"), last=False)
    units.add("22", medicine("B", 7), last=True)
    assert usages(units) == [("A", "21", None, None), ("B", "22", 7, None)]


def test_a_records_own_times_take_precedence() -> None:
    units = Units()
    units.add("21", medicine("A", 5), last=False)
    units.add(None, medicine("B", 7), last=True)
    assert usages(units) == [("A", "21", 5, None), ("B", "21", 7, None)]


@pytest.mark.parametrize(
    ("act", "usage_of_first", "usage_of_second"),
    [(None, "朝", None), ("21", None, "朝"), ("22", None, None)],
    ids=["after its unit", "before the next one", "with an act of its own"],
)
def test_a_comment_after_a_unit(
    act: str | None, usage_of_first: str | None, usage_of_second: str | None
) -> None:
    units = Units()
    units.add("21", medicine("A", 1), last=True)
    units.add_comment(act, "朝")
    units.add("21", medicine("B", 1), last=True)
    assert usages(units) == [("A", "21", 1, usage_of_first), ("B", "21", 1, usage_of_second)]


def test_comments_within_and_after_a_unit_apply_to_all_its_medicines() -> None:
    units = Units()
    units.add("21", medicine("A"), last=False)
    units.add_comment("21", "朝")
    units.add(None, medicine("B", 1), last=True)
    units.add_comment(None, "夕")
    units.add_comment(None, None)
    assert usages(units) == [("A", "21", 1, "朝 夕"), ("B", "21", 1, "朝 夕")]


def test_the_first_record_requires_an_act() -> None:
    assert not Units().add(None, medicine("A", 1), last=True)
    assert not Units().add_comment(None, "朝")
