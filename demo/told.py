"""One step of a story, as the demo shows it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Told:
    """One step: what was done, what was seen of it, and whether it was as it should be."""

    title: str
    lines: tuple[str, ...]
    as_expected: bool
