"""Calculation units: what their last record tells of all, and whose a comment is."""

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
    assert units.take("21", medicine("A"), last=False)
    assert units.take(None, medicine("B", 7), last=True)
    assert units.take(None, medicine("C", 3), last=True)
    assert usages(units) == [("A", "21", 7, None), ("B", "21", 7, None), ("C", "21", 3, None)]


def test_another_act_ends_a_unit_that_has_no_points() -> None:
    units = Units()
    units.take("21", medicine("A"), last=False)
    units.take("22", medicine("B", 7), last=True)
    assert usages(units) == [("A", "21", None, None), ("B", "22", 7, None)]


def test_what_a_record_says_itself_stands() -> None:
    units = Units()
    units.take("21", medicine("A", 5), last=False)
    units.take(None, medicine("B", 7), last=True)
    assert usages(units) == [("A", "21", 5, None), ("B", "21", 7, None)]


@pytest.mark.parametrize(
    ("act", "usage_of_first", "usage_of_second"),
    [(None, "朝", None), ("21", None, "朝"), ("22", None, None)],
    ids=["behind its unit", "in front of the next", "of an act of its own"],
)
def test_a_comment_behind_a_unit(
    act: str | None, usage_of_first: str | None, usage_of_second: str | None
) -> None:
    units = Units()
    units.take("21", medicine("A", 1), last=True)
    units.comment(act, "朝")
    units.take("21", medicine("B", 1), last=True)
    assert usages(units) == [("A", "21", 1, usage_of_first), ("B", "21", 1, usage_of_second)]


def test_comments_within_and_behind_a_unit_are_of_all_its_medicines() -> None:
    units = Units()
    units.take("21", medicine("A"), last=False)
    units.comment("21", "朝")
    units.take(None, medicine("B", 1), last=True)
    units.comment(None, "夕")
    units.comment(None, None)
    assert usages(units) == [("A", "21", 1, "朝 夕"), ("B", "21", 1, "朝 夕")]


def test_a_first_record_has_to_tell_its_act() -> None:
    assert not Units().take(None, medicine("A", 1), last=True)
    assert not Units().comment(None, "朝")
