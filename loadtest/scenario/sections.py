"""What a run was about beside its checks: a fault, a night of batches, the curve of a day, a publication."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Part:
    """One such thing. The report tells it in the console, in the JSON under its name, and as a section of the page."""

    name: str
    """Its key in the JSON."""

    title: str
    """For people: Japanese / English."""

    sentences: tuple[str, ...]
    """What is told of it, the expectation first and the verdict last."""

    figures: Mapping[str, Any] = field(default_factory=dict)
    """What was measured, by name with the unit in it; JSON."""

    held: bool = True
    """Whether it went as it has to. The run failed if not."""

    explained: Mapping[str, int] = field(default_factory=dict)
    """Errors that it accounts for, by code: reported like any other, and no failure of the run."""

    span: tuple[float, float] | None = None
    """From when to when it lasted, in seconds from the beginning: marked in the charts."""

    def as_json(self) -> dict[str, Any]:
        """The object under its name."""
        return {
            "sentences": list(self.sentences),
            "held": self.held,
            "explained_errors": dict(self.explained),
            "span_s": list(self.span) if self.span else None,
            **self.figures,
        }
