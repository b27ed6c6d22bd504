"""What was found in a file so far, and which of it is new after a reading that broke off."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from eligibility_api.claims.reading.block import Block
from eligibility_api.contract.claims import ClaimKind, ClaimsFault, ClaimsReport

MOST_FAULTS = 10_000
"""Faults that are kept by place; beyond, they are only counted."""

T = TypeVar("T")


@dataclass(slots=True)
class Found:
    """The counts of a file's blocks."""

    sections: int = 0
    receipts: int = 0
    good: int = 0
    kinds: Counter[ClaimKind] = field(default_factory=Counter)
    faults: Counter[ClaimsFault] = field(default_factory=Counter)

    def add(self, block: Block) -> None:
        """Count a block."""
        self.sections += block.sections
        self.receipts += block.found
        self.good += len(block.receipts)
        self.kinds.update(block.kinds)
        self.faults.update(fault.code for fault in block.faults)

    def report(self, *, unmatched: int, replacing: int) -> ClaimsReport:
        """The report, with what only the store can tell."""
        return ClaimsReport(
            sections=self.sections,
            claims=self.receipts,
            accepted=self.good,
            unmatched=unmatched,
            replacing=replacing,
            by_kind=dict(self.kinds),
            faults=dict(self.faults),
        )


def beyond(items: Sequence[T], before: int, kept: int, most: int | None = None) -> Sequence[T]:
    """Of `items`, before which `before` others stood, those that are not among the `kept` first, nor beyond the `most`
    first, of all.
    """
    start = max(kept - before, 0)
    return items[start:] if most is None else items[start : max(most - before, 0)]
