"""A terminal for tests."""

from __future__ import annotations

from eligibility_api.contract.codes import FacilityKind
from loadtest.dataset.terminals import Terminal
from tests.unit.loadtest.builders import credential


def terminal(
    kind: FacilityKind = FacilityKind.CLINIC, weight: float = 1.0, institution_code: str = "1311111114"
) -> Terminal:
    """An admitted terminal that has not signed in."""
    return Terminal(credential(institution_code), kind, weight)
