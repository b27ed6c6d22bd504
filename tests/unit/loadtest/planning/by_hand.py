"""Working a formula out from its own words, as an engineer with a pocket calculator would."""

from __future__ import annotations

import re
from math import ceil

from loadtest.planning.arithmetic import Line

_SIGNS = {"×": "*", "÷": "/", "−": "-", "⌈": "ceil(", "⌉": ")"}


def worked_out(formula: str) -> float:
    """What a formula's words come to; units are read over."""
    digits = re.sub(r"[^0-9.+×÷−()⌈⌉ ]", "", formula)
    for sign, operator in _SIGNS.items():
        digits = digits.replace(sign, operator)
    return float(eval(digits, {"__builtins__": {}, "ceil": ceil}))


def is_right(line: Line) -> bool:
    """Whether a line says what its words come to, but for the rounding of its last digit."""
    return abs(worked_out(line.formula) - line.value) <= 0.000501 * abs(line.value) + 1e-12
