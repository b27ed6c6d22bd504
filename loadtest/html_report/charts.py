"""Curves over the time of a run, as SVG for the inside of a page. The one module that imports pygal.

Colours and type are the page's style sheet's, so that a chart is readable in the light and in the dark.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import ceil, floor, log10
from typing import Any

import pygal

# It hooks into Python's imports for plugins that we have none of, in a way of which Python warns at each later import.
sys.meta_path[:] = [finder for finder in sys.meta_path if not isinstance(finder, pygal.PluginImportFixer)]

Curve = Sequence[tuple[float, float | None]]
"""Seconds from the beginning, and a value; None where there was none."""

COLOURS = 12
"""So many the style sheet has; further curves have them again."""

_WIDTH, _HEIGHT = 960, 300
_LEAST_SPAN = 0.003
"""The share of a chart that is marked at least, so that an instant can be seen."""

_LABELS = 8
_STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600)
"""Seconds between two labels of the axis."""


@dataclass(frozen=True, slots=True)
class Chart:
    """What is drawn. `logarithmic`: values from below one to thousands; a value of 0 is then none.

    `span`: a stretch of the run that is marked: its name, begin and end.
    """

    title: str
    unit: str
    curves: Mapping[str, Curve]
    logarithmic: bool = False
    span: tuple[str, float, float] | None = None
    note: str = ""

    @property
    def legend(self) -> list[tuple[str, str]]:
        """The class of each curve in the style sheet, and its name."""
        named = [(f"curve-{number % COLOURS}", name) for number, name in enumerate(self.curves)]
        return [*named, ("span", self.span[0])] if self.span else named


def draw(chart: Chart) -> str:
    """The chart as an `svg` element."""
    curves = {name: list(_drawable(chart, curve)) for name, curve in chart.curves.items()}
    longest = max((at for curve in curves.values() for at, _ in curve), default=0.0)
    values = [value for curve in curves.values() for _, value in curve if value is not None]
    low, high = _bounds(values, logarithmic=chart.logarithmic)
    drawn = pygal.XY(
        width=_WIDTH, height=_HEIGHT, margin=8, spacing=6, show_dots=False, allow_interruptions=True,
        show_legend=False, max_scale=8,
        no_data_text="なし / nothing", xrange=(0, longest or 1.0), range=(low, high), x_labels=_labels(longest),
        x_value_formatter=_clock, value_formatter=_raised if chart.logarithmic else _plain,
        y_labels=list(_powers(low, high)) if chart.logarithmic else None, disable_xml_declaration=True,
        no_prefix=True, js=(), css=(),
    )  # fmt: skip
    for name, curve in curves.items():
        drawn.add(name, curve)
    if chart.span is not None:
        name, begin, end = chart.span
        end = max(end, begin + longest * _LEAST_SPAN)
        drawn.add(name, [(begin, low), (begin, high), (end, high), (end, low)], fill=True)
    drawn.add_xml_filter(lambda root: _for_the_page(root, chart))
    return str(drawn.render(is_unicode=True))


def _drawable(chart: Chart, curve: Curve) -> Iterator[tuple[float, float | None]]:
    """The logarithms of pygal would be taken of the time too."""
    for at, value in curve:
        if not chart.logarithmic or value is None:
            yield at, value
        else:
            yield at, log10(value) if value > 0 else None


def _bounds(values: Sequence[float], *, logarithmic: bool) -> tuple[float, float]:
    if not values:
        return 0.0, 1.0
    if logarithmic:
        return float(floor(min(values))), float(max(ceil(max(values)), floor(min(values)) + 1))
    return min(0.0, *values), max(values) or 1.0


def _powers(low: float, high: float) -> Iterator[float]:
    """Where 1, 2 and 5 times the powers of ten are."""
    for power in range(round(low), round(high)):
        yield from (power + log10(number) for number in (1, 2, 5))
    yield high


def _labels(longest: float) -> list[float]:
    step = next((step for step in _STEPS if longest / step <= _LABELS), _STEPS[-1])
    return [float(step * number) for number in range(floor(longest / step) + 1)]


def _plain(value: float) -> str:
    return f"{value:,.4g}" if abs(value) < 1000 else f"{value:,.0f}"


def _raised(value: float) -> str:
    return _plain(10**value)


def _clock(seconds: float) -> str:
    """0:30, 12:00, 1:05:00."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _for_the_page(root: Any, chart: Chart) -> Any:
    """Without pygal's own style and script; what a curve looks like is told by a class of the page's."""
    for parent in list(root.iter()):
        for child in filter(_is_superfluous, list(parent)):
            parent.remove(child)
    for element in root.iter():
        element.attrib.pop("id", None)
        words = element.get("class", "").split()
        numbers = [int(word[6:]) for word in words if word.startswith("color-")]
        for number in numbers:
            words.append("span" if number >= len(chart.curves) else f"curve-{number % COLOURS}")
        if words:
            element.set("class", " ".join(words))
    root.set("role", "img")
    root.find("title").text = chart.title
    return root


def _is_superfluous(element: Any) -> bool:
    """Comments, what only a script would show, and what the page has once for all charts."""
    return not isinstance(element.tag, str) or element.tag == "defs" or "tooltip" in element.get("class", "")
