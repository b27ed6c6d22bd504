"""The picture of periods in bands along the days: one band for each thing, what its periods share hatched."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from screens.charts import wrapped

WIDTH = 1000.0
LEFT = 260.0
_RIGHT, _TOP, _BOTTOM = 130.0, 34.0, 18.0
_LINE, _BAR, _GAP = 18.0, 16.0, 10.0
_LABEL_CELLS = 32
"""Cells of a line of a band's label; a character of full width has two."""
_MIN_BAR = 4.0
_MAX_TICKS = 8


@dataclass(frozen=True, slots=True)
class Band:
    """One band: its label, its periods [first, end), those that are shared, and a text at the end."""

    label: str
    periods: Sequence[tuple[date, date]]
    shared: Sequence[tuple[date, date]] = ()
    text: str = ""


@dataclass(frozen=True, slots=True)
class Box:
    """A period in the picture."""

    x: float
    width: float
    y: float
    height: float = _BAR


@dataclass(frozen=True, slots=True)
class DrawnBand:
    """A band in the picture: the lines of its label, its boxes."""

    y: float
    lines: tuple[str, ...]
    boxes: tuple[Box, ...]
    shared: tuple[Box, ...]
    text: str
    text_x: float


@dataclass(frozen=True, slots=True)
class Tick:
    """The first day of a month on the axis, with its text."""

    at: float
    label: str


@dataclass(frozen=True, slots=True)
class BandPicture:
    """The picture. `today`: the place of today's line, if it is inside."""

    width: float
    height: float
    top: float
    bands: tuple[DrawnBand, ...]
    ticks: tuple[Tick, ...]
    today: float | None


def band_picture(bands: Sequence[Band], first: date, end: date, today: date) -> BandPicture:
    """The bands from `first` until before `end`; what lies outside is cut off at the edges."""
    span = max((end - first).days, 1)
    width = WIDTH - LEFT - _RIGHT

    def at(day: date) -> float:
        return LEFT + width * min(max((day - first).days / span, 0.0), 1.0)

    def boxes(periods: Sequence[tuple[date, date]], y: float) -> tuple[Box, ...]:
        return tuple(
            Box(round(at(begin), 1), round(max(at(until) - at(begin), _MIN_BAR), 1), y)
            for begin, until in periods
            if until > first and begin < end
        )

    drawn, y = [], _TOP
    for band in bands:
        lines = wrapped(band.label, _LABEL_CELLS)
        drawn.append(
            DrawnBand(y, lines, boxes(band.periods, y), boxes(band.shared, y), band.text, WIDTH - _RIGHT + 8)
        )
        y += len(lines) * _LINE + _GAP
    ticks = tuple(Tick(round(at(day), 1), f"{day:%Y-%m}") for day in _months(first, end))
    return BandPicture(
        WIDTH, y + _BOTTOM, _TOP, tuple(drawn), ticks, at(today) if first <= today < end else None
    )


def _months(first: date, end: date) -> list[date]:
    """The first days of months in the picture, so many that their texts have room."""
    days, day = [], first.replace(day=1)
    while day < end:
        if day >= first:
            days.append(day)
        day = (day + timedelta(days=32)).replace(day=1)
    return days[:: -(-len(days) // _MAX_TICKS) or 1]
