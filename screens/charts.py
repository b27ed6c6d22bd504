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
