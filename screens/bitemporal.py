"""The picture of what was known of a period, on both time axes: days that are covered, and when that was known.

To the right run the days (valid time). Upward run the instants at which something became known (transaction time), one
band for each, the newest on top, so that changes of the same minute are as visible as those years apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

WIDTH = 760.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 160.0, 20.0, 16.0, 44.0
_BAND = 44.0
_INSET = 4.0
_MAX_TICKS = 8
MAX_BANDS = 12
"""Bands that are drawn, the newest ones; a table has all."""


@dataclass(frozen=True, slots=True)
class KnownPeriod:
    """A period [first, end) that was known from an instant until another one (None: still)."""

    first: date
    end: date | None
    known_from: datetime
    known_until: datetime | None
    label: str = ""

    def holds(self, day: date, known: datetime) -> bool:
        """Whether it covered a day, by what was known at an instant."""
        covers = self.first <= day and (self.end is None or day < self.end)
        return covers and self.known_from <= known and (self.known_until is None or known < self.known_until)


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle of the picture. `ended`: it was replaced; `open`: its period has no end."""

    x: float
    y: float
    width: float
    height: float
    label: str
    ended: bool
    open: bool


@dataclass(frozen=True, slots=True)
class Tick:
    """A place on an axis, with its text."""

    at: float
    label: str


@dataclass(frozen=True, slots=True)
class BitemporalPicture:
    """The picture: its size, rectangles, the texts of both axes, and the place of the chosen day and instant."""

    width: float
    height: float
    boxes: tuple[Box, ...]
    days: tuple[Tick, ...]
    instants: tuple[Tick, ...]
    cross_x: float
    cross_y: float
    left: float = _LEFT
    bottom: float = 0.0


def found_at(periods: Sequence[KnownPeriod], day: date, known: datetime) -> KnownPeriod | None:
    """The period that covered a day, by what was known at an instant; there is at most one."""
    return next((period for period in periods if period.holds(day, known)), None)


def draw(
    periods: Sequence[KnownPeriod], day: date, known: datetime, *, describe: str = "%Y-%m-%d"
) -> BitemporalPicture | None:
    """The picture of these periods with a day and an instant marked; None if there is no period.

    `describe`: the form in which the axis of instants has them.
    """
    instants = sorted(
        {period.known_from for period in periods} | {p.known_until for p in periods if p.known_until}
    )
    if not instants:
        return None
    instants = instants[-MAX_BANDS:]
    first = min(day, *(period.first for period in periods))
    last = max(day, *(period.end or period.first for period in periods))
    margin = max((last - first) // 12, timedelta(days=15))
    scale = _Scale(first - margin, last + margin, len(instants))
    boxes = [_box(period, instants, scale) for period in periods]
    return BitemporalPicture(
        width=WIDTH,
        height=scale.height,
        boxes=tuple(box for box in boxes if box is not None),
        days=_years(scale),
        instants=tuple(
            Tick(scale.y(band) + _BAND / 2, f"{instant:{describe}}") for band, instant in enumerate(instants)
        ),
        cross_x=scale.x(day),
        cross_y=scale.y(_band_of(known, instants)) + _BAND / 2,
        bottom=scale.height - _BOTTOM,
    )


class _Scale:
    """Places of days and bands."""

    def __init__(self, first: date, last: date, bands: int) -> None:
        self.first, self.last = first, last
        self.height = _TOP + bands * _BAND + _BOTTOM
        self._bands = bands

    def x(self, day: date) -> float:
        """The place of a day; one beyond the picture is at its edge."""
        share = (day - self.first).days / max((self.last - self.first).days, 1)
        return round(_LEFT + min(max(share, 0.0), 1.0) * (WIDTH - _LEFT - _RIGHT), 1)

    def y(self, band: int) -> float:
        """The upper edge of a band; the newest is on top."""
        return _TOP + (self._bands - 1 - band) * _BAND


def _band_of(instant: datetime, instants: Sequence[datetime]) -> int:
    """The band in which an instant lies; one before the first band is in it."""
    return max(sum(begin <= instant for begin in instants) - 1, 0)


def _box(period: KnownPeriod, instants: Sequence[datetime], scale: _Scale) -> Box | None:
    end = len(instants) if period.known_until is None else sum(one < period.known_until for one in instants)
    begin = sum(one < period.known_from for one in instants)
    if begin >= end:
        return None  # before the newest bands
    x, right = scale.x(period.first), scale.x(period.end or scale.last)
    top, bottom = scale.y(end - 1), scale.y(begin) + _BAND
    return Box(
        x=x,
        y=top + _INSET,
        width=max(right - x, 2.0),
        height=bottom - top - 2 * _INSET,
        label=period.label,
        ended=period.known_until is not None,
        open=period.end is None,
    )


def _years(scale: _Scale) -> tuple[Tick, ...]:
    """The first days of years, at most eight of them; without any, the two edges."""
    years = range(scale.first.year + 1, scale.last.year + 1)
    step = -(-len(years) // _MAX_TICKS) or 1
    ticks = [Tick(scale.x(date(year, 1, 1)), str(year)) for year in years[::step]]
    edges = [Tick(scale.x(day), f"{day:%Y-%m}") for day in (scale.first, scale.last)]
    return tuple(ticks or edges)
