"""Is the table of costs right? It foretells what another rate and mix takes; that is measured, and both are compared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from loadtest.planning.costs import DOWN, PROCESSORS, STORED, UP, WAL, Amounts, Costs, Taken

BUSY_AT_MOST = 0.70
"""Of the planned cores so much is busy at the busiest minute: the rest is for what the minute's mean hides."""

BOUND = 0.20
"""How far a prediction may be off, as a share of what was measured. One that is a fifth too low lets cores that were
planned to be 70 % busy be 88 % busy (0.70 ÷ 0.80), which still carries the level; one off by more could plan too few.
"""

_UNITS = {
    "processors": "core-s", "log": "MiB", "network": "MiB", "stored": "MiB",
}  # fmt: skip
_MIB = 2.0**20


@dataclass(frozen=True, slots=True)
class Compared:
    """One quantity of the second point: what was foretold, and what was measured."""

    what: str
    foretold: float
    measured: float
    unit: str

    @property
    def error(self) -> float:
        """How far off, as a share of what was measured: below 0, too little was foretold."""
        if not self.measured:
            return 0.0 if not self.foretold else float("inf")
        return (self.foretold - self.measured) / self.measured

    @property
    def holds(self) -> bool:
        """Whether it is within the bound."""
        return abs(self.error) <= BOUND

    @property
    def sentence(self) -> str:
        """For people."""
        words = "too little" if self.error < 0 else "too much"
        return (
            f"{self.what}: {self.foretold:,.2f} {self.unit} foretold, {self.measured:,.2f} measured:"
            f" {abs(self.error):.1%} {words}"
        )

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        return {
            "foretold": round(self.foretold, 3),
            "measured": round(self.measured, 3),
            "unit": self.unit,
            "error": round(self.error, 4),
            "holds": self.holds,
        }


def compare(costs: Costs, taken: Taken) -> list[Compared]:
    """The second point, quantity by quantity."""
    foretold, measured = _grouped(costs.predict(taken.seconds, taken.requests)), _grouped(taken.amounts)
    return [Compared(what, foretold[what], measured[what], unit) for what, unit in _UNITS.items()]


def _grouped(amounts: Amounts) -> Mapping[str, float]:
    stored = [amount for name, amount in amounts.items() if name.startswith(STORED)]
    return {
        "processors": sum(amounts.get(name, 0.0) for name in PROCESSORS),
        "log": amounts.get(WAL, 0.0) / _MIB,
        "network": (amounts.get(UP, 0.0) + amounts.get(DOWN, 0.0)) / _MIB,
        "stored": sum(stored) / _MIB,
    }


def verdict(compared: list[Compared]) -> str:
    """A sentence: whether the table may be planned with."""
    worst = max(compared, key=lambda one: abs(one.error))
    if worst.holds:
        return f"The costs foretold the second point within {BOUND:.0%}: at worst {worst.sentence}."
    off = "; ".join(one.sentence for one in compared if not one.holds)
    return f"The costs did not foretell the second point within {BOUND:.0%}, so nothing may be planned with them: {off}."
