"""Line charts over the time of a run, as SVG images in data URIs. The only module that imports pygal."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import ceil, floor, log10
from typing import NamedTuple

import pygal
from pygal.style import Style

# pygal installs an import hook for plugins, which we do not use and about which Python warns at every later
# import.
sys.meta_path[:] = [finder for finder in sys.meta_path if not isinstance(finder, pygal.PluginImportFixer)]

Points = Sequence[tuple[float, float | None]]
"""Seconds of the run, and a value; None where there is none."""

COLOURS = (
    "#2b7fd4", "#d9622b", "#2f9a58", "#a05ccf", "#b08a1e", "#2496a0",
    "#cf4a86", "#7b8794", "#7575e0", "#6fa31a", "#a5703c", "#e0559a",
)  # fmt: skip
"""Legible on a light and on a dark background; further lines reuse them."""

DASHES = ("", "7 3", "2 3", "9 3 2 3", "1 4")
"""The pattern of each line beside its colour: a line can be found by readers who do not tell the colours apart."""

SPAN_COLOUR = "#f2a100"

_WIDTH, _HEIGHT = 960, 300
_DECIMALS = 9
_MIN_SPAN = 0.003
"""Smallest share of a chart's width that is marked, so that an instant is visible."""

_LABELS = 8
_STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600)
"""Seconds between two labels of the time axis."""


class LegendEntry(NamedTuple):
    """A line's name, colour and pattern of dashes, or an area's name and colour."""

    name: str
    colour: str
    dashes: str
    is_area: bool = False


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart. `logarithmic`: for values from below one to thousands; 0 is not drawn.

    `span`: a marked part of the run: its name, start and end.
    """

    title: str
    unit: str
    lines: Mapping[str, Points]
    logarithmic: bool = False
    span: tuple[str, float, float] | None = None
    note: str = ""
    maximum: float | None = None
    """Top of the value axis; None: the largest value."""

    @property
    def legend(self) -> list[LegendEntry]:
        """How each line is drawn, and the span."""
        named = [
            LegendEntry(name, COLOURS[number % len(COLOURS)], DASHES[number % len(DASHES)])
            for number, name in enumerate(self.lines)
        ]
        return [*named, LegendEntry(self.span[0], SPAN_COLOUR, "", is_area=True)] if self.span else named


def draw(chart: Chart) -> str:
    """The chart as a data URI of an SVG image."""
    lines = {name: list(_scaled(chart, points)) for name, points in chart.lines.items()}
    duration = max((at for points in lines.values() for at, _ in points), default=0.0)
    values = [value for points in lines.values() for _, value in points if value is not None]
    low, high = _bounds(values, chart.maximum, logarithmic=chart.logarithmic)
    drawing = pygal.XY(
        width=_WIDTH, height=_HEIGHT, margin=8, spacing=6, show_dots=False, allow_interruptions=True,
        show_legend=False, max_scale=8, style=_style(chart),
        no_data_text="なし / no data", xrange=(0, duration or 1.0), range=(low, high), x_labels=_labels(duration),
        x_value_formatter=_clock, value_formatter=_from_logarithm if chart.logarithmic else _plain,
        y_labels=list(_powers(low, high)) if chart.logarithmic else None, js=(),
    )  # fmt: skip
    for entry, points in zip(chart.legend, lines.values(), strict=False):
        drawing.add(entry.name, points, stroke_style={"dasharray": entry.dashes} if entry.dashes else None)
    if chart.span is not None:
        name, begin, end = chart.span
        end = max(end, begin + duration * _MIN_SPAN)
        drawing.add(name, [(begin, low), (begin, high), (end, high), (end, low)], fill=True)
    return str(drawing.render_data_uri())


def _style(chart: Chart) -> Style:
    """Transparent, in colours that are legible on a light and on a dark page."""
    return Style(
        background="transparent",
        plot_background="transparent",
        foreground="#7b8794",
        foreground_strong="#7b8794",
        foreground_subtle="#7b8794",
        guide_stroke_color="#7b879466",
        major_guide_stroke_color="#7b879466",
        font_family='system-ui, "Hiragino Sans", "Noto Sans CJK JP", "Noto Sans JP", sans-serif',
        label_font_size=11,
        major_label_font_size=11,
        no_data_font_size=24,
        opacity=".15",
        stroke_opacity="1",
        stroke_width="1.5",
        colors=tuple(entry.colour for entry in chart.legend) or COLOURS,
    )


def _scaled(chart: Chart, points: Points) -> Iterator[tuple[float, float | None]]:
    """Logarithms are taken here: pygal's own logarithmic scale would apply to the time, too.

    What no pixel can show is zero: pygal divides by powers of ten that are too small for a number.
    """
    for at, value in points:
        if value is None:
            yield round(at, _DECIMALS), None
        elif not chart.logarithmic:
            yield round(at, _DECIMALS), round(value, _DECIMALS)
        else:
            yield round(at, _DECIMALS), log10(value) if value > 0 else None


def _bounds(values: Sequence[float], maximum: float | None, *, logarithmic: bool) -> tuple[float, float]:
    if not values:
        return 0.0, 1.0
    if logarithmic:
        return float(floor(min(values))), float(max(ceil(max(values)), floor(min(values)) + 1))
    return min(0.0, *values), maximum or max(values) or 1.0


def _powers(low: float, high: float) -> Iterator[float]:
    """The positions of 1, 2 and 5 times the powers of ten."""
    for power in range(round(low), round(high)):
        yield from (power + log10(number) for number in (1, 2, 5))
    yield high


def _labels(duration: float) -> list[float]:
    """The positions of the time axis's labels, in seconds."""
    step = next((step for step in _STEPS if duration / step <= _LABELS), _STEPS[-1])
    return [float(step * number) for number in range(floor(duration / step) + 1)]


def _plain(value: float) -> str:
    return f"{value:,.4g}" if abs(value) < 1000 else f"{value:,.0f}"


def _from_logarithm(value: float) -> str:
    return _plain(10**value)


def _clock(seconds: float) -> str:
    """0:30, 12:00, 1:05:00."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
