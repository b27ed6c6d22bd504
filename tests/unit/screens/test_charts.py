"""Charts: a bar has its share of the largest value, a point the height of its value, each with its text."""

from __future__ import annotations

from itertools import pairwise

import pytest

from screens.charts import MARKERS, WIDTH, bars, column_chart, line_chart, series_chart, wrapped


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


@pytest.mark.parametrize(
    ("values", "below"),
    [
        ([1.0, 3.0, 2.0], [0, 2]),
        ([3.0, 1.0, 2.0], [1]),
        ([5.0, 5.0], []),
        ([1.0, 2.0, 3.0], [0]),
        ([4.0], []),
    ],
)
def test_a_value_stands_where_no_line_crosses_it(values: list[float], below: list[int]) -> None:
    chart = line_chart([(f"{2020 + place}", value, f"{value}") for place, value in enumerate(values)])
    assert [place for place, point in enumerate(chart.points) if point.text_dy > 0] == below
    assert all(0 < point.y + point.text_dy < chart.bottom for point in chart.points)


def test_a_line_of_nothing_or_of_one_point_is_no_fault() -> None:
    assert line_chart([]).points == ()
    assert len(line_chart([("2020", 1.0, "1")]).points) == 1


@pytest.mark.parametrize("ends", [[4.0, 4.1, 4.2, 4.3], [0.0, 0.0, 0.1, 4.0], [4.0, 0.0, 0.0, 0.0]])
def test_each_series_has_its_marker_and_a_name_that_touches_no_other(ends: list[float]) -> None:
    rows = [(f"series {place}", [4.0, end], ["4", "4"]) for place, end in enumerate(ends)]
    chart = series_chart(["a", "b"], rows)
    assert [one.marker for one in chart.series] == list(MARKERS)
    places = sorted(one.name_y for one in chart.series)
    assert all(following - one >= 20 for one, following in pairwise(places))
    assert 0 < places[0] < places[-1] < chart.bottom


@pytest.mark.parametrize(
    ("values", "pieces"),
    [([1.0, 2.0, 3.0], 1), ([1.0, None, 3.0], 2), ([None, None, None], 0), ([None, 0.0, 0.0], 1)],
)
def test_a_missing_value_is_a_gap(values: list[float | None], pieces: int) -> None:
    [series] = series_chart(["a", "b", "c"], [("one", values, ["", "", ""])]).series
    assert series.path.count("M") == pieces
    assert len(series.points) == sum(value is not None for value in values)


def test_a_higher_value_is_higher_and_zero_is_above_the_axis() -> None:
    chart = series_chart(["a", "b"], [("one", [0.0, 8.0], ["0", "8"])])
    [low, high] = chart.series[0].points
    assert high.y < low.y < chart.bottom
    assert low.x < high.x < chart.right


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


@pytest.mark.parametrize(
    ("label", "lines"),
    [
        ("", [0]),
        ("a" * 32, [32]),
        ("a" * 33, [32, 1]),
        ("見" * 16, [16]),
        ("見" * 40, [16, 16, 8]),
        ("ｱ" * 33, [32, 1]),
    ],
    ids=["empty", "32 narrow", "33 narrow", "16 wide", "40 wide", "half-width kana"],
)
def test_a_label_wraps_and_nothing_is_cut_off(label: str, lines: list[int]) -> None:
    assert [len(line) for line in wrapped(label, 32)] == lines
    assert "".join(wrapped(label, 32)) == label


def test_a_long_label_of_a_bar_takes_lines_and_moves_the_next_one_down() -> None:
    chart = bars([("架空" * 30, 1, "1"), ("b", 2, "2")])
    assert "".join(chart.bars[0].lines) == "架空" * 30
    last_line = chart.bars[0].text_y + 18 * (len(chart.bars[0].lines) - 1)
    assert last_line < chart.bars[1].y < chart.bars[1].text_y < chart.height
