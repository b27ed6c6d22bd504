"""Axes, labels and colours of a chart."""

from __future__ import annotations

import base64
import re
from itertools import pairwise
from math import log10

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from loadtest.html_report import charts
from loadtest.html_report.charts import COLOURS, SPAN_COLOUR, Chart, draw
from tests.depth import max_examples


def words_of(chart: Chart) -> list[str]:
    """The texts of a drawn chart."""
    svg = base64.b64decode(draw(chart).partition(",")[2]).decode()
    return re.findall(r"<text[^>]*>([^<]+)</text>", svg)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0:00"),
        (5, "0:05"),
        (59.6, "1:00"),
        (90, "1:30"),
        (3599, "59:59"),
        (3600, "1:00:00"),
        (14_400, "4:00:00"),
    ],
)
def test_the_time_of_a_run_is_shown_as_on_a_clock(seconds: float, text: str) -> None:
    assert charts._clock(seconds) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (0.004, "0.004"), (0.12347, "0.1235"), (12.5, "12.5"), (999.94, "999.9"), (1000, "1,000"), (1234567, "1,234,567")],
)  # fmt: skip
def test_values_have_four_digits_below_a_thousand_and_separators_above(value: float, text: str) -> None:
    assert charts._plain(value) == text


@max_examples(40)
@given(st.floats(0, 14_400))
def test_the_time_axis_has_few_labels_at_round_times(duration: float) -> None:
    labels = charts._labels(duration)
    assert 1 <= len(labels) <= 9
    assert labels[0] == 0
    assert labels[-1] <= duration
    steps = {later - earlier for earlier, later in pairwise(labels)}
    assert len(steps) <= 1
    assert all(3600 % step == 0 for step in steps)


@pytest.mark.parametrize("hours", [4, 12, 24])
def test_a_very_long_run_is_labelled_by_the_hour(hours: int) -> None:
    assert charts._labels(hours * 3600.0)[-1] == hours * 3600


@max_examples(40)
@given(st.lists(st.floats(0.001, 1e6), min_size=1), st.booleans())
def test_every_value_lies_within_the_axis(values: list[float], logarithmic: bool) -> None:
    drawn = [log10(value) for value in values] if logarithmic else values
    low, high = charts._bounds(drawn, None, logarithmic=logarithmic)
    assert low < high
    assert all(low <= value <= high for value in drawn)
    if logarithmic:
        assert (low % 1, high % 1) == (0, 0)
    else:
        assert low == 0


@pytest.mark.parametrize(
    ("values", "maximum", "expected"),
    [
        ([], None, (0.0, 1.0)),
        ([0.0], None, (0.0, 1.0)),
        ([3.0], None, (0.0, 3.0)),
        ([3.0], 100.0, (0.0, 100.0)),
    ],
)
def test_an_axis_without_values_has_a_height_all_the_same(
    values: list[float], maximum: float | None, expected: tuple[float, float]
) -> None:
    assert charts._bounds(values, maximum, logarithmic=False) == expected


@pytest.mark.parametrize("value", [1.0, 10.0, 1000.0])
def test_a_constant_power_of_ten_has_a_decade_of_height(value: float) -> None:
    low, high = charts._bounds([log10(value)] * 5, None, logarithmic=True)
    assert (low, high - low) == (log10(value), 1.0)


@max_examples(40)
@given(st.integers(-3, 5), st.integers(1, 6))
def test_a_logarithmic_axis_is_labelled_at_1_2_and_5(low: int, decades: int) -> None:
    labels = [round(10**power, 9) for power in charts._powers(float(low), float(low + decades))]
    assert labels == sorted(labels)
    assert {float(f"{label:.0e}") / 10 ** int(f"{label:e}"[-3:]) for label in labels} <= {1.0, 2.0, 5.0}
    assert len(labels) == 3 * decades + 1


def test_a_value_of_zero_is_not_drawn_on_a_logarithmic_axis() -> None:
    points = [(0.0, 100.0), (1.0, 0.0), (2.0, None)]
    assert list(charts._scaled(Chart("", "ms", {}, logarithmic=True), points)) == [
        (0.0, 2.0),
        (1.0, None),
        (2.0, None),
    ]
    assert list(charts._scaled(Chart("", "ms", {}), points)) == points


def test_lines_reuse_the_colours_and_a_span_has_its_own() -> None:
    names = [f"line {number}" for number in range(len(COLOURS) + 2)]
    legend = Chart("", "", {name: [] for name in names}, span=("fault", 1.0, 2.0)).legend
    assert [entry.name for entry in legend] == [*names, "fault"]
    colours = [entry.colour for entry in legend]
    assert colours[:2] == colours[len(COLOURS) : len(COLOURS) + 2] == list(COLOURS[:2])
    assert colours[-1] == SPAN_COLOUR
    assert SPAN_COLOUR not in COLOURS
    assert len(set(COLOURS)) == len(COLOURS)


def test_lines_differ_by_more_than_their_colours() -> None:
    """Also where the colours start again, colour and dashes together name one line."""
    names = [f"line {number}" for number in range(2 * len(COLOURS))]
    chart = Chart("", "", {name: [(0.0, 1.0), (1.0, 2.0)] for name in names})
    dashes = [entry.dashes for entry in chart.legend]
    assert all(one != other for one, other in pairwise(dashes))
    assert len({(entry.colour, entry.dashes) for entry in chart.legend}) == len(names)
    svg = base64.b64decode(draw(chart).partition(",")[2]).decode()
    for pattern in set(dashes) - {""}:
        assert f"stroke-dasharray:{pattern}" in svg.replace(": ", ":"), pattern


def test_a_chart_is_labelled_by_the_clock_and_by_its_values() -> None:
    words = words_of(Chart("", "ms", {"p50": [(0.0, 0.0), (120.0, 80.0)]}))
    assert {"0:00", "0:30", "1:00", "2:00"} <= set(words)
    assert "80" in words
    logarithmic = words_of(Chart("", "ms", {"p50": [(0.0, 3.0), (60.0, 700.0)]}, logarithmic=True))
    assert {"1", "2", "5", "10", "100", "500", "1,000"} <= set(logarithmic)


def test_a_chart_without_data_is_labelled_in_both_languages() -> None:
    assert "なし / no data" in words_of(Chart("", "ms", {"p50": []}))


@example([(0.0, 5e-324)], False, None)
@example([(5e-324, 1.0)], False, None)
@example([(0.0, 5e-324)], True, None)
@max_examples(15)
@given(
    st.lists(st.tuples(st.floats(0, 7200), st.none() | st.floats(0, 1e5)), max_size=20),
    st.booleans(),
    st.none() | st.tuples(st.floats(0, 7200), st.floats(0, 600)),
)
def test_any_series_can_be_drawn(
    points: list[tuple[float, float | None]], logarithmic: bool, span: tuple[float, float] | None
) -> None:
    marked = None if span is None else ("fault", span[0], span[0] + span[1])
    assert draw(
        Chart("", "ms", {"p50": sorted(points, key=lambda point: point[0])}, logarithmic, marked)
    ).startswith("data:image/svg+xml")
