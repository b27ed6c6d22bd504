"""Collects the faults of a block, and keeps the first ones by row."""

from __future__ import annotations

from eligibility_api.contract.lines import MAX_FAULTS
from eligibility_api.contract.member_file import MEMBER_COLUMNS
from eligibility_api.contract.member_reading.block import Fault, FaultCounts
from eligibility_api.contract.shapes import shape
from eligibility_api.contract.uploads import RowFault

_PLACES = {column: place for place, column in enumerate(MEMBER_COLUMNS)}


class Faults:
    """The faults of one block of rows, in whatever order they are found."""

    def __init__(self) -> None:
        self.counts: FaultCounts = FaultCounts()
        self._found: list[tuple[int, str | None, RowFault, str]] = []

    def add(self, row: int, column: str | None, code: RowFault, text: str = "") -> None:
        """Add a fault of the value `text`."""
        self.counts[code, column] += 1
        self._found.append((row, column, code, text))

    def first(self) -> list[Fault]:
        """The first faults by row and column, as many as are kept of a file; each with its value's shape only."""
        self._found.sort(key=lambda fault: (fault[0], _PLACES.get(fault[1] or "", -1)))
        return [
            Fault(row, column, code, shape(text) or None)
            for row, column, code, text in self._found[:MAX_FAULTS]
        ]
