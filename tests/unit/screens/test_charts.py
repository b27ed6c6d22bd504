"""Bars: the largest value has the full width, and each has its value as text."""

from __future__ import annotations

from itertools import pairwise

import pytest

from screens.charts import WIDTH, bars


@pytest.mark.parametrize(
    ("values", "shares"),
    [([2.0, 4.0], [0.5, 1.0]), ([0.0, 0.0], [0.0, 0.0]), ([3.0], [1.0]), ([], [])],
)
def test_widths_are_shares_of_the_largest_value(values: list[float], shares: list[float]) -> None:
    chart = bars([(f"row {place}", value, f"{value:g}") for place, value in enumerate(values)])
    full = max((bar.width for bar in chart.bars), default=0.0) or 1.0
    assert [round(bar.width / full, 3) for bar in chart.bars] == shares
    assert [bar.value for bar in chart.bars] == [f"{value:g}" for value in values]
    assert all(bar.x + bar.width <= WIDTH and bar.text_y <= chart.height for bar in chart.bars)
    assert chart.height > 0


def test_rows_do_not_overlap() -> None:
    chart = bars([("a", 1, "1"), ("b", 2, "2"), ("c", 3, "3")])
    places = [(bar.y, bar.y + bar.height) for bar in chart.bars]
    assert all(end < begin for (_, end), (begin, _) in pairwise(places))
