"""What of a load level Locust's options and page change."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from loadtest.scenario.levels import Level

UNLIMITED_SECONDS = 30 * 86_400.0
"""Duration of a run that the page's button ends."""


def tagged(level: Level, tags: Collection[str] | None, excluded: Collection[str] | None) -> Level:
    """The level with checks by card alone, or by number alone, if Locust's tags choose so."""
    chosen = [
        name for name in ("card", "number") if (not tags or name in tags) and name not in (excluded or ())
    ]
    return replace(level, by_card=float(chosen == ["card"])) if len(chosen) == 1 else level
