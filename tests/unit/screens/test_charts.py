"""Charts: a bar has its share of the largest value, a point the height of its value, each with its text."""

from __future__ import annotations

from itertools import pairwise

import pytest

from screens.charts import WIDTH, bars, column_chart, line_chart


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


@pytest.mark.parametrize(
    ("values", "shares"),
    [([1.0, 3.0, 2.0], [0.0, 1.0, 0.5]), ([5.0, 5.0], [0.5, 0.5]), ([-1.0, 1.0], [0.0, 1.0])],
)
def test_points_of_a_line_are_as_high_as_their_values(values: list[float], shares: list[float]) -> None:
    chart = line_chart([(f"{2020 + place}", value, f"{value}") for place, value in enumerate(values)])
    ys = [point.y for point in line_chart([("", 0.0, ""), ("", 1.0, "")]).points]
    assert [round((ys[0] - point.y) / (ys[0] - ys[1]), 2) for point in chart.points] == shares
    assert [point.value for point in chart.points] == [f"{value}" for value in values]
    assert all(one.x < following.x for one, following in pairwise(chart.points))
    assert chart.path.count("L") == len(values) - 1


def test_a_line_of_nothing_or_of_one_point_is_no_fault() -> None:
    assert line_chart([]).points == ()
    assert len(line_chart([("2020", 1.0, "1")]).points) == 1


@pytest.mark.parametrize(
    ("values", "shares"),
    [([1.0, 4.0, 0.0], [0.25, 1.0, 0.0]), ([0.0, 0.0], [0.0, 0.0]), ([2.0], [1.0]), ([], [])],
)
def test_columns_are_as_high_as_their_values_and_stand_on_one_line(
    values: list[float], shares: list[float]
) -> None:
    chart = column_chart([(f"{place}", value, f"{value:g}") for place, value in enumerate(values)])
    full = max((column.height for column in chart.columns), default=0.0) or 1.0
    assert [round(column.height / full, 2) for column in chart.columns] == shares
    assert {round(column.y + column.height, 1) for column in chart.columns} <= {chart.bottom}
    assert all(column.x + column.width <= WIDTH and column.y > 0 for column in chart.columns)
    assert all(one.x + one.width < following.x for one, following in pairwise(chart.columns))


@pytest.mark.parametrize("days", [1, 11, 12, 31, 366])
def test_the_labels_of_a_column_chart_fit_and_it_names_its_largest_value_once(days: int) -> None:
    chart = column_chart([(f"11-{day}", 3.0, "3") for day in range(days)])
    labels = [column for column in chart.columns if column.label]
    assert 1 <= len(labels) <= 11
    assert labels[0] is chart.columns[0]
    assert all(following.x - one.x >= 60 for one, following in pairwise(labels))
    assert labels[-1].x <= WIDTH - 46
    assert [column.value for column in chart.columns if column.value] == ["3"]
