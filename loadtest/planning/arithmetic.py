"""Arithmetic that is told: a figure carries the words of how it came about, so that it can be checked by hand.

A figure is rounded before it is used, so that what is printed is what was computed with: whoever works a line out from its
own words comes to its value.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import reduce
from math import ceil
from operator import add

DIGITS = 4
"""Significant digits of what was computed."""

_SUM, _PRODUCT, _WHOLE = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Figure:
    """A value, and how it is written in a formula. `binds`: how firmly, so that brackets stand where they are needed."""

    value: float
    text: str
    binds: int = _WHOLE
    exact: bool = False
    """Whether it is a whole number by its nature, which is not rounded."""

    def __add__(self, other: Figure) -> Figure:
        return Figure(self.value + other.value, f"{self.text} + {other.text}", _SUM)

    def __sub__(self, other: Figure) -> Figure:
        return Figure(self.value - other.value, f"{self.text} − {other._inside(_PRODUCT)}", _SUM)

    def __mul__(self, other: Figure) -> Figure:
        text = f"{self._inside(_PRODUCT)} × {other._inside(_PRODUCT)}"
        return Figure(self.value * other.value, text, _PRODUCT)

    def __truediv__(self, other: Figure) -> Figure:
        text = f"{self._inside(_PRODUCT)} ÷ {other._inside(_WHOLE)}"
        return Figure(self.value / other.value, text, _PRODUCT)

    def up(self) -> Figure:
        """The next whole number."""
        return Figure(ceil(self.value), f"⌈{self.text}⌉", exact=True)

    def _inside(self, least: int) -> str:
        """The text in a place that asks for something which binds so firmly."""
        return self.text if self.binds >= least else f"({self.text})"


def number(value: float, unit: str = "", digits: int | None = DIGITS) -> Figure:
    """A number as it is, rounded to significant digits unless they are None. A unit has no digits in its name."""
    rounded = Decimal(repr(value)) if digits is None else Decimal(f"{value:.{digits - 1}e}")
    plain = f"{rounded.normalize():,f}"
    separated = unit if not unit or unit.startswith(("/", "%")) else f" {unit}"
    return Figure(float(rounded), f"{plain}{separated}", exact=digits is None)


def total(figures: Iterable[Figure]) -> Figure:
    """The sum; 0 of none."""
    found = list(figures)
    return reduce(add, found) if found else number(0)


@dataclass(frozen=True, slots=True)
class Line:
    """One step: what it is, how it is computed, what comes out, rounded, in which unit."""

    what: str
    formula: str
    value: float
    unit: str

    @classmethod
    def of(cls, what: str, figure: Figure, unit: str = "") -> Line:
        """The step that a figure says."""
        rounded = number(figure.value, digits=None if figure.exact else DIGITS)
        return cls(what, figure.text, rounded.value, unit)

    @property
    def figure(self) -> Figure:
        """What came out, for the next step."""
        return number(self.value, self.unit, digits=None)

    @property
    def sentence(self) -> str:
        """For people."""
        return f"{self.what} = {self.formula} = {self.figure.text}"
