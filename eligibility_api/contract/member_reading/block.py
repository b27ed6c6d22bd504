"""The reader's result for a part of a member file: valid rows as records, and the faults of the others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import compress
from typing import Any, Generic, NamedTuple, TypeVar

from eligibility_api.contract.lines import MAX_FAULTS
from eligibility_api.contract.uploads import RowFault

Record = TypeVar("Record")

FaultCounts = Counter[tuple[RowFault, str | None]]
"""The number of faults by rule and column."""

Texts = Mapping[str, Sequence[str]]
"""The canonical texts of rows by column."""

PositionedFault = tuple[int, str, RowFault]
"""The row's position among the rows of a block (from 0), the column, the rule."""


class Fault(NamedTuple):
    """A fault of a row, as a spreadsheet counts. `column` and `shape` are None if the whole row is meant."""

    row: int
    column: str | None
    code: RowFault
    shape: str | None


@dataclass(slots=True)
class Rows:
    """Valid rows column by column: their numbers, canonical texts, and the values that are stored.

    An absent value is an empty text, and None. A group of items is stored as a dictionary (a repeated one as a
    list of them) and has no text.
    """

    numbers: Sequence[int]
    texts: dict[str, Sequence[str]]
    stored: dict[str, Sequence[Any]] = field(default_factory=dict)

    def without(self, bad: Collection[int]) -> Rows:
        """The rows whose number is not `bad`."""
        if not bad:
            return self
        kept = [number not in bad for number in self.numbers]
        return Rows(
            list(compress(self.numbers, kept)),
            {name: list(compress(texts, kept)) for name, texts in self.texts.items()},
            {name: list(compress(values, kept)) for name, values in self.stored.items()},
        )


@dataclass(slots=True)
class Block(Generic[Record]):
    """The result of parsing lines: the number of rows, the valid ones as records, the faults of the others."""

    rows: int = 0
    records: list[Record] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    """The first faults by row, as many as are kept of a file at most; with plausibility findings of valid rows."""
    counts: FaultCounts = field(default_factory=Counter)
    """The number of all faults."""
    passed_over: Counter[int] = field(default_factory=Counter)
    """The number of filled cells of each column that no member file has, by its place (from 0)."""

    def add(self, following: Block[Record]) -> None:
        """Add the result of the lines that follow."""
        self.rows += following.rows
        self.records += following.records
        self.faults += following.faults[: MAX_FAULTS - len(self.faults)]
        self.counts += following.counts
        self.passed_over += following.passed_over
