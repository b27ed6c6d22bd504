"""Counts of a file's blocks, and which items of a block are new after an interrupted reading."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from eligibility_api.claims.reading.block import Block
from eligibility_api.contract.claims import ClaimKind, ClaimsFault, ClaimsReport

T = TypeVar("T")


@dataclass(slots=True)
class Progress:
    """The counts of the blocks that were parsed so far."""

    sections: int = 0
    claims: int = 0
    valid: int = 0
    kinds: Counter[ClaimKind] = field(default_factory=Counter)
    faults: Counter[ClaimsFault] = field(default_factory=Counter)
    passed: Counter[str] = field(default_factory=Counter)

    def add(self, block: Block) -> None:
        """Count a block."""
        self.sections += block.sections
        self.claims += block.total
        self.valid += len(block.claims)
        self.kinds.update(block.kinds)
        self.faults.update(block.fault_counts)
        self.passed.update(block.passed)

    def report(self, *, unmatched: int, replacing: int) -> ClaimsReport:
        """The report, completed by the counts of the store."""
        return ClaimsReport(
            sections=self.sections,
            claims=self.claims,
            accepted=self.valid,
            unmatched=unmatched,
            replacing=replacing,
            by_kind=dict(self.kinds),
            faults=dict(self.faults),
            passed=dict(self.passed),
        )


def unstored(items: Sequence[T], before: int, stored: int, limit: int | None = None) -> Sequence[T]:
    """The `items` that are not stored, if `before` others precede them.

    The first `stored` items are stored already; no more than the first `limit` ones are to be.
    """
    start = max(stored - before, 0)
    return items[start:] if limit is None else items[start : max(limit - before, 0)]
