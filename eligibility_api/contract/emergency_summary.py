"""The extent of a history read in an emergency: the full set, or the summary, as data: `emergency_summary.toml`."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from enum import StrEnum
from importlib.resources import files

from eligibility_api.contract.history import HistoryResource


class Extent(StrEnum):
    """How much of a history is shown in an emergency (OQSCD040)."""

    FULL = "full"
    SUMMARY = "summary"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """How far back something is shown from the day of the answer: months, else days."""

    months: int = 0
    days: int = 0


def _read() -> dict[HistoryResource, dict[str, Reach]]:
    data = tomllib.loads(files(__package__).joinpath("emergency_summary.toml").read_text(encoding="utf-8"))
    return {
        HistoryResource(resource): {name: Reach(**reach) for name, reach in kinds.items()}
        for resource, kinds in data.items()
    }


EMERGENCY_SUMMARY = _read()
"""The resources of the summary; of each what is shown, by its origin or kind, and how far back."""
