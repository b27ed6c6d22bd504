"""Capacity: the size of machine that nationwide load needs, in proportion to the measured cost of a check."""

from __future__ import annotations

from dataclasses import dataclass

from loadtest.scenario.levels import LEVELS
from loadtest.sections import Text

BUSIEST_PER_S = LEVELS["L1"].checks_per_s
"""Checks a second in the busiest minute nationwide."""

_MEASURED_SHARE = 0.95
"""A run from this share of the busiest minute's rate on counts as measured, any other one as extrapolated."""


@dataclass(frozen=True, slots=True)
class Capacity:
    """The measurement.

    `cores`: of the machine; `served_cores`: kept busy by everything but the generators.
    """

    checks_per_s: float
    by_card: float
    served_cores: float
    cores: int
    other_cores: float | None = None
    """Cores that other work kept busy meanwhile, if too many for the measurement to be quoted."""

    @property
    def core_ms_per_check(self) -> float:
        """Processor time of a check with all that follows it, in milliseconds of one core."""
        return 1000 * self.served_cores / self.checks_per_s

    @property
    def cores_needed(self) -> float:
        """Number of cores of this kind that the busiest minute would keep busy."""
        return self.core_ms_per_check * BUSIEST_PER_S / 1000

    @property
    def busiest_minutes(self) -> float:
        """Number of busiest minutes that this machine could serve at once, with all cores for the fund."""
        return self.cores / self.cores_needed

    @property
    def extrapolated(self) -> bool:
        """Whether the run did not reach the rate of the busiest minute."""
        return self.checks_per_s < _MEASURED_SHARE * BUSIEST_PER_S

    @property
    def sentence(self) -> Text:
        """The result. It ignores queueing: a core that is always busy answers late."""
        return Text(
            f"全国で最も混む1分（毎秒{BUSIEST_PER_S:,.0f}件、カード {self.by_card:.0%}）に対し、このマシンの"
            f"{self.cores}コアの処理能力は {self.busiest_minutes:.2f} 倍です。API とデータベースに、同種のコアが"
            f"{self.cores_needed:.1f}個必要です（{self._basis.ja}）。",
            f"This machine's {self.cores} cores carry {self.busiest_minutes:.2f} of the busiest minute nationwide"
            f" ({BUSIEST_PER_S:,.0f} checks/s, {self.by_card:.0%} by card), which needs"
            f" {self.cores_needed:.1f} cores of this kind for API and database ({self._basis.en}).",
        )

    @property
    def _basis(self) -> Text:
        cost, rate = f"{self.core_ms_per_check:.2f}", f"{self.checks_per_s:,.0f}"
        measured = Text(
            f"毎秒{rate}件での実測：1件あたり {cost} コアミリ秒",
            f"{cost} core-ms a check, measured at {rate} checks/s",
        )
        if self.other_cores is not None:
            others = f"{self.other_cores:.1f}"
            measured = Text(
                f"{measured.ja}、ただしほかの処理が{others}コアを使用",
                f"{measured.en} while other work kept {others} cores busy",
            )
        if not self.extrapolated:
            return measured
        return Text(f"{measured.ja}からの推計", f"extrapolated from {measured.en}")

    def as_json(self) -> dict[str, float | bool | str]:
        """The object under `capacity`."""
        return {
            "core_ms_per_check": round(self.core_ms_per_check, 3),
            "by_card": self.by_card,
            "busiest_minutes": round(self.busiest_minutes, 3),
            "cores_needed": round(self.cores_needed, 2),
            "extrapolated": self.extrapolated,
            "sentence": self.sentence.en,
            "sentence_ja": self.sentence.ja,
        }
