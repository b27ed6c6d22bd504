"""Prompts that are answered by script."""

from __future__ import annotations

from dataclasses import dataclass, field

from clinic_terminal.card.errors import CardError
from clinic_terminal.outcome import GivenUpError
from eligibility_api.contract.codes import Category


@dataclass
class ScriptedPrompts:
    """Returns `pins` in turn, then gives up; agrees to `parts` in turn, then to everything; records its
    calls.
    """

    pins: list[str] = field(default_factory=lambda: ["1234"])
    agrees: bool = False
    asked: list[tuple[int, str | None]] = field(default_factory=list)
    agreement_asked: int = 0
    parts: list[tuple[Category, ...] | None] = field(default_factory=list)
    shown: list[str] = field(default_factory=list)

    def pin(self, tries_left: int, earlier: CardError | None) -> str:
        self.asked.append((tries_left, earlier.code if earlier else None))
        if not self.pins:
            assert earlier is not None
            raise earlier
        return self.pins.pop(0)

    def agrees_to_registration(self) -> bool:
        self.agreement_asked += 1
        return self.agrees

    def agrees_to(
        self, text: str, categories: tuple[Category, ...], _facility: str = "", /
    ) -> tuple[Category, ...]:
        """A part that is None gives up."""
        self.shown.append(text)
        if not self.parts:
            return categories
        agreed = self.parts.pop(0)
        if agreed is None:
            raise GivenUpError
        return agreed
