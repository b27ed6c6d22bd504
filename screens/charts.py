"""Charts as SVG: bars with their labels and values in text, so that colour alone says nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH = 760.0
_LABELS, _VALUES = 300.0, 90.0
_ROW, _BAR = 34.0, 18.0


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar of a chart: its label, its value as text, its place and width."""

    label: str
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
    return BarChart(
        WIDTH,
        _ROW * max(len(rows), 1),
        tuple(
            Bar(label, text, _LABELS, place * _ROW + 8, round(full * value / largest, 1) if largest else 0.0)
            for place, (label, value, text) in enumerate(rows)
        ),
    )


_LINE_WIDTH, _LINE_HEIGHT, _SIDE, _ABOVE, _BELOW = 360.0, 150.0, 36.0, 30.0, 34.0


@dataclass(frozen=True, slots=True)
class Point:
    """A point of a line: its place, its value as text, and the label below it."""

    x: float
    y: float
    value: str
    label: str


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
    """A chart of rows of label, value and the value's text, from left to right."""
    values = [value for _, value, _ in rows]
    low, high = min(values, default=0.0), max(values, default=0.0)
    step = (_LINE_WIDTH - 2 * _SIDE) / max(len(rows) - 1, 1)
    inner = _LINE_HEIGHT - _ABOVE - _BELOW

    def y(value: float) -> float:
        return _ABOVE + inner * ((high - value) / (high - low) if high > low else 0.5)

    return LineChart(
        _LINE_WIDTH,
        _LINE_HEIGHT,
        _LINE_HEIGHT - _BELOW + 8,
        tuple(
            Point(round(_SIDE + place * step, 1), round(y(value), 1), text, label)
            for place, (label, value, text) in enumerate(rows)
        ),
    )
