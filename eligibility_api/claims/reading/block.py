"""The reader's result for a part of a file, and its builder."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from eligibility_api.claims.reading.faults import Fault
from eligibility_api.contract.claims import ClaimKind, ClaimsFault
from eligibility_api.contract.lines import MAX_FAULTS
from eligibility_api.domain.claims import Claim


class Block(NamedTuple):
    """The valid claims that ended in a part, in file order, with faults and counts."""

    claims: list[Claim]
    faults: list[Fault]
    """The first faults, as many as are stored of a file at most."""
    fault_counts: Counter[ClaimsFault]
    """The number of all faults."""
    sections: int
    """Sections (IR or YK) that began."""
    total: int
    """Claims that ended, including invalid and unread ones."""
    kinds: Counter[ClaimKind]
    """The total by kind; claims below a header without a known kind are not included."""
    passed: Counter[str]
    """Records of claims that were read, but not these records, by their letters."""


def join(blocks: Iterable[Block]) -> Block:
    """The result of several pieces as that of one."""
    joined = BlockBuilder().flush()
    for block in blocks:
        joined.claims.extend(block.claims)
        joined.faults.extend(block.faults[: MAX_FAULTS - len(joined.faults)])
        joined.fault_counts.update(block.fault_counts)
        joined.kinds.update(block.kinds)
        joined.passed.update(block.passed)
        joined = joined._replace(sections=joined.sections + block.sections, total=joined.total + block.total)
    return joined


class BlockBuilder:
    """Collects the results of a part."""

    def __init__(self) -> None:
        self._reset()

    def _reset(self) -> None:
        self._claims: list[Claim] = []
        self._faults: list[Fault] = []
        self._fault_counts: Counter[ClaimsFault] = Counter()
        self._sections = self._total = 0
        self._kinds: Counter[ClaimKind] = Counter()
        self._passed: Counter[str] = Counter()

    def flush(self) -> Block:
        """The results collected since the previous call."""
        block = Block(
            self._claims,
            self._faults,
            self._fault_counts,
            self._sections,
            self._total,
            self._kinds,
            self._passed,
        )
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

    def pass_over(self, record: str) -> None:
        """Count a record that is not used, by its letters."""
        self._passed[record] += 1

    def add_claim(self, claim: Claim) -> None:
        """Add a valid claim."""
        self._claims.append(claim)

    def add_fault(self, fault: Fault) -> None:
        """Add a fault; beyond those that are stored, it is only counted."""
        self._fault_counts[fault.code] += 1
        if len(self._faults) < MAX_FAULTS:
            self._faults.append(fault)
