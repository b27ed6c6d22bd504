"""What the reader gives back of a part of a file, and how it comes together."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from eligibility_api.claims.reading.faults import BadRecord
from eligibility_api.contract.claims import ClaimKind, ClaimsFault
from eligibility_api.domain.claims import Claim

MOST_FAULTS = 100
"""Faults that are told of one receipt, or of what stands between two."""


class Fault(NamedTuple):
    """One fault, by place and rule (`contract.claims.ClaimsFaultPlace`), with the value's shape, never the value."""

    line: int
    record: str | None
    field: int | None
    name: str | None
    receipt: int | None
    code: ClaimsFault
    shape: str | None


class Block(NamedTuple):
    """What ended in a part: the good receipts in file order, the faults found, and what was counted."""

    receipts: list[Claim]
    faults: list[Fault]
    sections: int
    """Sections (IR or YK) that began."""
    found: int
    """Receipts that ended, bad and unread ones too."""
    kinds: Counter[ClaimKind]
    """The same by kind; a receipt below a header that tells no kind is none of them."""


class Gathering:
    """Collects what comes of a part."""

    def __init__(self) -> None:
        self._begin()

    def _begin(self) -> None:
        self.receipts: list[Claim] = []
        self._faults: list[Fault] = []
        self._sections = self._found = 0
        self._kinds: Counter[ClaimKind] = Counter()

    def take(self) -> Block:
        """What was collected since the last time."""
        block = Block(self.receipts, self._faults, self._sections, self._found, self._kinds)
        self._begin()
        return block

    def section(self) -> None:
        """Count a section."""
        self._sections += 1

    def ended(self, kind: ClaimKind | None) -> None:
        """Count a receipt."""
        self._found += 1
        if kind is not None:
            self._kinds[kind] += 1

    def fault(self, fault: Fault) -> None:
        """Note a fault."""
        self._faults.append(fault)


class Faults:
    """The faults of one receipt (by its place in the section), or of what belongs to none; no more than some."""

    def __init__(self, gathering: Gathering, receipt: int | None) -> None:
        self.count = 0
        self._gathering = gathering
        self._receipt = receipt

    def whole(self, line: int, record: str | None, code: ClaimsFault) -> None:
        """A record that is wrong as a whole, or something that no record shows."""
        self._add(Fault(line, record, None, None, self._receipt, code, None))

    def bad(self, line: int, record: str, bad: BadRecord) -> None:
        """A record's faults."""
        for field, name, code, shape in bad.faults:
            self._add(Fault(line, record, field, name, self._receipt, code, shape))

    def _add(self, fault: Fault) -> None:
        self.count += 1
        if self.count <= MOST_FAULTS:
            self._gathering.fault(fault)
