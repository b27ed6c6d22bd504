"""Evaluates printed formulas, as an engineer with a pocket calculator would."""

from __future__ import annotations

import re
from fractions import Fraction
from math import ceil

from loadtest.planning.arithmetic import Step

_SIGNS = {"×": "*", "÷": "/", "−": "-", "⌈": "ceil(", "⌉": ")"}


def evaluated(formula: str) -> Fraction:
    """The value of a formula; units are ignored."""
    digits = re.sub(r"[^0-9.+×÷−()⌈⌉ ]", "", formula)
    for sign, operator in _SIGNS.items():
        digits = digits.replace(sign, operator)
    exact = re.sub(r"[0-9.]+", r"Fraction('\g<0>')", digits)
    names = {"__builtins__": {}, "ceil": lambda value: Fraction(ceil(value)), "Fraction": Fraction}
    return Fraction(eval(exact, names))


def is_right(step: Step) -> bool:
    """Whether a step's value equals its formula, except for the rounding of the last digit."""
    return abs(float(evaluated(step.formula)) - step.value) <= 0.000501 * abs(step.value) + 1e-12
