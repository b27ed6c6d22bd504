"""Validation of the costs: their prediction for another rate and mix is compared with a measurement."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from loadtest.planning.costs import DOWN, PROCESSORS, STORED, UP, WAL, Amounts, Consumption, Costs
from loadtest.sections import Text

MAX_UTILISATION = 0.70
"""The planned share of busy cores in the busiest minute: the rest is for peaks that the minute's mean
conceals.
"""

MAX_ERROR = 0.20
"""The maximum error of a prediction, as a share of the measured value. With a prediction a fifth too low,
cores planned to be 70 % busy are 88 % busy (0.70 ÷ 0.80), which still carries the level; a larger error could
plan too few.
"""

_UNITS = {
    "processors": "core-s", "log": "MiB", "network": "MiB", "stored": "MiB",
}  # fmt: skip
_MIB = 2.0**20


@dataclass(frozen=True, slots=True)
class Comparison:
    """One quantity of the validation: predicted and measured."""

    quantity: str
    predicted: float
    measured: float
    unit: str

    @property
    def error(self) -> float:
        """The relative error; negative if the prediction was too low."""
        if not self.measured:
            return 0.0 if not self.predicted else float("inf")
        return (self.predicted - self.measured) / self.measured

    @property
    def holds(self) -> bool:
        """Whether the error is within MAX_ERROR."""
        return abs(self.error) <= MAX_ERROR

    @property
    def sentence(self) -> str:
        """The comparison as text."""
        direction = "low" if self.error < 0 else "high"
        return (
            f"{self.quantity}: {self.predicted:,.2f} {self.unit} predicted, {self.measured:,.2f} measured:"
            f" {abs(self.error):.1%} too {direction}"
        )

    def as_json(self) -> dict[str, Any]:
        """The comparison as JSON."""
        return {
            "predicted": round(self.predicted, 3),
            "measured": round(self.measured, 3),
            "unit": self.unit,
            "error": round(self.error, 4),
            "holds": self.holds,
        }


def compare(costs: Costs, consumed: Consumption) -> list[Comparison]:
    """Compare the prediction for a period with its consumption, by quantity."""
    predicted = _grouped(costs.predict(consumed.seconds, consumed.requests))
    measured = _grouped(consumed.amounts)
    return [Comparison(name, predicted[name], measured[name], unit) for name, unit in _UNITS.items()]


def _grouped(amounts: Amounts) -> Mapping[str, float]:
    stored = [amount for name, amount in amounts.items() if name.startswith(STORED)]
    return {
        "processors": sum(amounts.get(name, 0.0) for name in PROCESSORS),
        "log": amounts.get(WAL, 0.0) / _MIB,
        "network": (amounts.get(UP, 0.0) + amounts.get(DOWN, 0.0)) / _MIB,
        "stored": sum(stored) / _MIB,
    }


def verdict(comparisons: list[Comparison]) -> Text:
    """Whether the costs are accurate enough for planning."""
    worst = max(comparisons, key=lambda comparison: abs(comparison.error))
    if worst.holds:
        return Text(
            f"予測と実測の差は {MAX_ERROR:.0%} 以内でした。この計画を利用できます。",
            f"The costs predicted the validation within {MAX_ERROR:.0%}: at worst {worst.sentence}.",
        )
    off = "; ".join(comparison.sentence for comparison in comparisons if not comparison.holds)
    return Text(
        f"予測と実測の差が {MAX_ERROR:.0%} を超えました。この計画は利用できません。",
        f"The costs did not predict the validation within {MAX_ERROR:.0%}, so the plan must not be used: {off}.",
    )
