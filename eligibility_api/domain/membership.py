"""How memberships are compared: width, spaces and hyphens do not tell two members apart."""

from __future__ import annotations

from eligibility_api.contract.numbers import folded


def comparable(symbol: str | None, number: str, branch: str | None) -> tuple[str, str, str]:
    """Symbol, number and branch as they are compared; what is absent is the empty text."""
    return folded(symbol or ""), folded(number), folded(branch or "")
