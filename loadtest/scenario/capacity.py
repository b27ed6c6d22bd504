"""How large a machine the nation needs: from what a check cost in a run, by proportion."""

from __future__ import annotations

from dataclasses import dataclass

from loadtest.scenario.levels import LEVELS

BUSIEST = LEVELS["L1"].checks_per_s
"""Checks a second in the nation's busiest minute."""

_NEAR = 0.95
"""A run at this share of the busiest minute's rate has seen what it tells of; any other one is an extrapolation."""


@dataclass(frozen=True, slots=True)
class Capacity:
    """What was measured. `cores`: of the machine; `served_cores`: that everything but the generators kept busy."""

    checks_per_s: float
    by_card: float
    served_cores: float
    cores: int

    @property
    def core_ms_per_check(self) -> float:
        """Processor time of a check with all that follows it, in milliseconds of one core."""
        return 1000 * self.served_cores / self.checks_per_s

    @property
    def cores_needed(self) -> float:
        """So many cores of this kind would be busy with nothing else in the busiest minute."""
        return self.core_ms_per_check * BUSIEST / 1000

    @property
    def fits(self) -> float:
        """So often the busiest minute fits into this machine, if all its cores worked for the fund and at nothing else."""
        return self.cores / self.cores_needed

    @property
    def extrapolated(self) -> bool:
        """Whether the busiest minute's rate itself was not reached."""
        return self.checks_per_s < _NEAR * BUSIEST

    @property
    def sentence(self) -> str:
        """For people. That a busy machine answers late is not in it: a core that is always busy has a queue."""
        return (
            f"The nation's busiest minute ({BUSIEST:,.0f} checks/s, {self.by_card:.0%} by card) fits"
            f" {self.fits:.2f} times into this machine's {self.cores} cores; it needs {self.cores_needed:.1f} cores of"
            f" this kind for API and database{self._ground}."
        )

    @property
    def _ground(self) -> str:
        measured = (
            f"{self.core_ms_per_check:.2f} core-ms a check, measured at {self.checks_per_s:,.0f} checks/s"
        )
        return f" (extrapolated from {measured})" if self.extrapolated else f" ({measured})"

    def as_json(self) -> dict[str, float | bool | str]:
        """The object under `capacity`."""
        return {
            "core_ms_per_check": round(self.core_ms_per_check, 3),
            "by_card": self.by_card,
            "busiest_minute_fits": round(self.fits, 3),
            "cores_needed": round(self.cores_needed, 2),
            "extrapolated": self.extrapolated,
            "sentence": self.sentence,
        }
