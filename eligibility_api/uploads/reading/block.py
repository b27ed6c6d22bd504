"""The reader's result for a part of a member file: valid rows as records, and the faults of the others."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from eligibility_api.contract.uploads import RowFault
from eligibility_api.domain.text import shape
from eligibility_api.files.streaming import MAX_FAULTS

FaultCounts = Counter[tuple[RowFault, str | None]]
"""The number of faults by rule and column."""


class Fault(NamedTuple):
    """A fault of a row (counted from 1). `column` and `shape` are None if the whole line is meant."""

    row: int
    column: str | None
    code: RowFault
    shape: str | None


@dataclass(slots=True)
class Block:
    """The result of parsing lines: their number, the valid rows as records, the faults of the others."""

    rows: int = 0
    records: list[tuple[Any, ...]] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    """The first faults, as many as are stored of a file at most."""
    counts: FaultCounts = field(default_factory=Counter)
    """The number of all faults."""

    def add_fault(self, row: int, column: str | None, code: RowFault, text: str = "") -> None:
        """Add a fault of the value `text`; beyond those that are stored, it is only counted."""
        self.counts[code, column] += 1
        if len(self.faults) < MAX_FAULTS:
            self.faults.append(Fault(row, column, code, shape(text) or None))

    def add(self, following: Block) -> None:
        """Add the result of the lines that follow."""
        self.rows += following.rows
        self.records += following.records
        self.faults += following.faults[: MAX_FAULTS - len(self.faults)]
        self.counts += following.counts
