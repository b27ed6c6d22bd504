"""Arithmetic that prints its formulas: each figure carries the text of its computation.

A figure is rounded before it is used, so that the printed figures are the computed ones: evaluating a step's
formula as printed gives its value.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import reduce
from math import ceil
from operator import add

DIGITS = 4
"""Significant digits of a computed value."""

_SUM, _PRODUCT, _ATOM = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Figure:
    """A value and its formula. `precedence`: of the formula's operator, for setting brackets.

    The value is exact, since in floating point the next whole number depends on the order of the operations.
    """

    value: Fraction
    text: str
    precedence: int = _ATOM
    exact: bool = False
    """Whether it is a whole number by its nature, which is not rounded."""

    def __add__(self, other: Figure) -> Figure:
        return Figure(self.value + other.value, f"{self.text} + {other.text}", _SUM)

    def __sub__(self, other: Figure) -> Figure:
        return Figure(self.value - other.value, f"{self.text} − {other._bracketed(_PRODUCT)}", _SUM)

    def __mul__(self, other: Figure) -> Figure:
        text = f"{self._bracketed(_PRODUCT)} × {other._bracketed(_PRODUCT)}"
        return Figure(self.value * other.value, text, _PRODUCT)

    def __truediv__(self, other: Figure) -> Figure:
        text = f"{self._bracketed(_PRODUCT)} ÷ {other._bracketed(_ATOM)}"
        return Figure(self.value / other.value, text, _PRODUCT)

    def ceil(self) -> Figure:
        """The next whole number."""
        return Figure(Fraction(ceil(self.value)), f"⌈{self.text}⌉", exact=True)

    def _bracketed(self, min_precedence: int) -> str:
        """The text, in brackets if its precedence is lower."""
        return self.text if self.precedence >= min_precedence else f"({self.text})"


def number(value: float, unit: str = "", digits: int | None = DIGITS) -> Figure:
    """A number, rounded to significant digits unless these are None. A unit's name must contain no digits."""
    rounded = Decimal(repr(value)) if digits is None else Decimal(f"{value:.{digits - 1}e}")
    plain = f"{rounded.normalize():,f}"
    separated = unit if not unit or unit.startswith(("/", "%")) else f" {unit}"
    return Figure(Fraction(rounded), f"{plain}{separated}", exact=digits is None)


def exact(value: float, unit: str = "") -> Figure:
    """A given number, not rounded."""
    return number(value, unit, digits=None)


def total(figures: Iterable[Figure]) -> Figure:
    """The sum; 0 of none."""
    found = list(figures)
    return reduce(add, found) if found else number(0)


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a computation: its label, formula, rounded value and unit."""

    label: str
    formula: str
    value: float
    unit: str

    @classmethod
    def of(cls, label: str, figure: Figure, unit: str = "") -> Step:
        """The step that computes a figure."""
        rounded = number(float(figure.value), digits=None if figure.exact else DIGITS)
        return cls(label, figure.text, float(rounded.value), unit)

    @property
    def figure(self) -> Figure:
        """The value, for the next step."""
        return exact(self.value, self.unit)

    @property
    def sentence(self) -> str:
        """The step as an equation."""
        return f"{self.label} = {self.formula} = {self.figure.text}"
