"""Charts as SVG: bars with their labels and values in text, so that colour alone says nothing."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

WIDTH = 760.0
_LABELS, _VALUES = 300.0, 90.0
_ROW, _BAR, _LINE = 34.0, 18.0, 18.0
_LABEL_CELLS = 40
"""Cells of a line of a bar's label; a character of full width has two."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar of a chart: the lines of its label, its value as text, its place and width."""

    lines: tuple[str, ...]
    value: str
    x: float
    y: float
    width: float
    height: float = _BAR

    @property
    def text_y(self) -> float:
        """The base line of its texts."""
        return self.y + self.height - 4


@dataclass(frozen=True, slots=True)
class BarChart:
    """A chart of horizontal bars."""

    width: float
    height: float
    bars: tuple[Bar, ...]


def bars(rows: Sequence[tuple[str, float, str]]) -> BarChart:
    """A chart of rows of label, value (0 or more) and the value's text; the largest value has the full width."""
    largest = max((value for _, value, _ in rows), default=0.0)
    full = WIDTH - _LABELS - _VALUES
    drawn: list[Bar] = []
    y = 0.0
    for label, value, text in rows:
        lines = wrapped(label, _LABEL_CELLS)
        drawn.append(Bar(lines, text, _LABELS, y + 8, round(full * value / largest, 1) if largest else 0.0))
        y += _ROW + (len(lines) - 1) * _LINE
    return BarChart(WIDTH, max(y, _ROW), tuple(drawn))


def wrapped(label: str, max_cells: int) -> tuple[str, ...]:
    """A label in lines that fit beside a picture: nothing is cut off."""
    lines, line, cells = [], "", 0
    for character in label:
        size = 2 if unicodedata.east_asian_width(character) in "WFA" else 1
        if cells + size > max_cells:
            lines.append(line)
            line, cells = "", 0
        line, cells = line + character, cells + size
    return (*lines, line)


_LINE_WIDTH, _LINE_HEIGHT, _SIDE, _ABOVE, _BELOW = 360.0, 166.0, 36.0, 30.0, 34.0
_UNDER = 16.0
"""Room for the value of a lowest point, which stands below it, where no line crosses it."""


@dataclass(frozen=True, slots=True)
class Point:
    """A point of a line: its place, its value as text, and the label below it.

    `text_dy`: how far above (negative) or below the point its value stands.
    """

    x: float
    y: float
    value: str
    label: str
    text_dy: float = -10.0


@dataclass(frozen=True, slots=True)
class LineChart:
    """A chart of one line, each of whose points has its value in text; `path` is the line."""

    width: float
    height: float
    bottom: float
    points: tuple[Point, ...]

    @property
    def path(self) -> str:
        """The line in the language of SVG paths."""
        return "M" + "L".join(f"{point.x} {point.y}" for point in self.points)


def line_chart(rows: Sequence[tuple[str, float, str]]) -> LineChart:
    """A chart of rows of label, value and the value's text, from left to right.

    The value of a point that is lower than its neighbours stands below it: their lines come from above.
    """
    values = [value for _, value, _ in rows]
    low, high = min(values, default=0.0), max(values, default=0.0)
    step = (_LINE_WIDTH - 2 * _SIDE) / max(len(rows) - 1, 1)
    inner = _LINE_HEIGHT - _ABOVE - _BELOW - _UNDER

    def y(value: float) -> float:
        return _ABOVE + inner * ((high - value) / (high - low) if high > low else 0.5)

    def text_dy(place: int) -> float:
        neighbours = [*values[max(place - 1, 0) : place], *values[place + 1 : place + 2]]
        return 20.0 if neighbours and all(one > values[place] for one in neighbours) else -10.0

    return LineChart(
        _LINE_WIDTH,
        _LINE_HEIGHT,
        _LINE_HEIGHT - _BELOW + 8,
        tuple(
            Point(round(_SIDE + place * step, 1), round(y(value), 1), text, label, text_dy(place))
            for place, (label, value, text) in enumerate(rows)
        ),
    )


_SERIES_HEIGHT, _SERIES_RIGHT, _LABEL_GAP = 260.0, 190.0, 20.0
MARKERS = ("circle", "square", "triangle", "diamond")
"""The markers of the series of a chart, which are at most as many."""


@dataclass(frozen=True, slots=True)
class Series:
    """One line of several: name and marker, its points, the line's path, and where its name stands at the end.

    `text_dy`: how far above (negative) or below a point its value stands.
    """

    name: str
    marker: str
    points: tuple[Point, ...]
    path: str
    name_y: float
    text_dy: float


@dataclass(frozen=True, slots=True)
class SeriesChart:
    """A chart of lines over the same labels; a missing value leaves a gap."""

    width: float
    height: float
    bottom: float
    right: float
    labels: tuple[tuple[float, str], ...]
    series: tuple[Series, ...]


def series_chart(
    labels: Sequence[str], rows: Sequence[tuple[str, Sequence[float | None], Sequence[str]]]
) -> SeriesChart:
    """A chart of rows of name, values (0 or more, None where there is none) and the values' texts, one per label."""
    right = WIDTH - _SERIES_RIGHT
    bottom = _SERIES_HEIGHT - _BELOW
    step = (right - 2 * _SIDE) / max(len(labels) - 1, 1)
    highest = max((value for _, values, _ in rows for value in values if value is not None), default=0.0)
    xs = [round(_SIDE + place * step, 1) for place in range(len(labels))]

    def y(value: float) -> float:
        return round(bottom - 24 - (bottom - 24 - _ABOVE) * (value / highest if highest else 0.0), 1)

    drawn: list[Series] = []
    for place, ((name, values, texts), marker) in enumerate(zip(rows, MARKERS, strict=False)):
        known = zip(xs, values, texts, labels, strict=True)
        points = tuple(
            Point(x, y(value), text, label) for x, value, text, label in known if value is not None
        )
        name_y = points[-1].y if points else bottom
        # The names stand one below the other, however near their lines end.
        away = 1.0 if name_y < bottom / 2 else -1.0
        while any(abs(name_y - one.name_y) < _LABEL_GAP for one in drawn):
            name_y += away
        path = _pieces(xs, [None if value is None else y(value) for value in values])
        drawn.append(Series(name, marker, points, path, name_y, 22.0 if place == 0 else -12.0))
    return SeriesChart(
        WIDTH, _SERIES_HEIGHT, bottom, right, tuple(zip(xs, labels, strict=True)), tuple(drawn)
    )


def _pieces(xs: Sequence[float], ys: Sequence[float | None]) -> str:
    """A line in the language of SVG paths, which begins anew after each missing value."""
    path, is_open = "", False
    for x, y in zip(xs, ys, strict=True):
        if y is not None:
            path += f"{'L' if is_open else 'M'}{x} {y}"
        is_open = y is not None
    return path


_COLUMNS_HEIGHT, _COLUMNS_TOP, _COLUMNS_BOTTOM, _GAP = 170.0, 26.0, 26.0, 2.0
_MAX_LABELS, _LABEL_WIDTH = 11, 48.0


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a chart; `label` and `value` are empty where there is no room for them."""

    label: str
    value: str
    x: float
    y: float
    width: float
    height: float

    @property
    def middle(self) -> float:
        """The middle of its texts."""
        return round(self.x + self.width / 2, 1)


@dataclass(frozen=True, slots=True)
class ColumnChart:
    """A chart of columns above a base line at `bottom`."""

    width: float
    height: float
    bottom: float
    columns: tuple[Column, ...]


def column_chart(rows: Sequence[tuple[str, float, str]]) -> ColumnChart:
    """A chart of rows of label, value (0 or more) and the value's text, from left to right.

    Some labels are shown, the first and every n-th one, and the text of the largest value.
    """
    values = [value for _, value, _ in rows]
    largest = max(values, default=0.0)
    step = WIDTH / max(len(rows), 1)
    every = -(-len(rows) // _MAX_LABELS)
    bottom, full = _COLUMNS_HEIGHT - _COLUMNS_BOTTOM, _COLUMNS_HEIGHT - _COLUMNS_BOTTOM - _COLUMNS_TOP
    first_largest = values.index(largest) if largest else None
    columns = []
    for place, (label, value, text) in enumerate(rows):
        height = round(full * value / largest, 1) if largest else 0.0
        columns.append(
            Column(
                label if place % every == 0 and (WIDTH - place * step >= _LABEL_WIDTH or not place) else "",
                text if place == first_largest else "",
                round(place * step + _GAP, 1),
                round(bottom - height, 1),
                round(max(step - 2 * _GAP, 1.0), 1),
                height,
            )
        )
    return ColumnChart(WIDTH, _COLUMNS_HEIGHT, bottom, tuple(columns))
