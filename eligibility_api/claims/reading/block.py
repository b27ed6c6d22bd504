"""The reader's result for a part of a file, and its builder."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from eligibility_api.claims.reading.faults import Fault
from eligibility_api.contract.claims import ClaimKind
from eligibility_api.domain.claims import Claim


class Block(NamedTuple):
    """The valid claims that ended in a part, in file order, with faults and counts."""

    claims: list[Claim]
    faults: list[Fault]
    sections: int
    """Sections (IR or YK) that began."""
    total: int
    """Claims that ended, including invalid and unread ones."""
    kinds: Counter[ClaimKind]
    """The total by kind; claims below a header without a known kind are not included."""


class BlockBuilder:
    """Collects the results of a part."""

    def __init__(self) -> None:
        self._reset()

    def _reset(self) -> None:
        self._claims: list[Claim] = []
        self._faults: list[Fault] = []
        self._sections = self._total = 0
        self._kinds: Counter[ClaimKind] = Counter()

    def flush(self) -> Block:
        """The results collected since the previous call."""
        block = Block(self._claims, self._faults, self._sections, self._total, self._kinds)
        self._reset()
        return block

    def count_section(self) -> None:
        """Count a section."""
        self._sections += 1

    def count_claim(self, kind: ClaimKind | None) -> None:
        """Count a claim."""
        self._total += 1
        if kind is not None:
            self._kinds[kind] += 1

    def add_claim(self, claim: Claim) -> None:
        """Add a valid claim."""
        self._claims.append(claim)

    def add_fault(self, fault: Fault) -> None:
        """Add a fault."""
        self._faults.append(fault)
