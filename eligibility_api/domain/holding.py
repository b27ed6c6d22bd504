"""Shares of changed members that hold a file, or its undo, for another key (rules N5 and N6). Pure functions."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal

_ALL = 1e12
"""More members than there are: a share may be so small that the quotient is infinite."""


def exact(ratio: float) -> Decimal:
    """A ratio as it is written: 29 of 100 rows are not more than 0.29, whose binary fraction is smaller."""
    return Decimal(str(ratio))


@dataclass(frozen=True, slots=True)
class HoldingShare:
    """A share of members: more than this of at least `min_rows` hold what would change them."""

    share: float
    min_rows: int

    def holds(self, count: int, of: int) -> bool:
        """Whether `count` of `of` members are too many."""
        return of >= self.min_rows and count > exact(self.share) * of

    def enough_members(self, count: int) -> int:
        """So many members that `count` of them, or of more, are certainly not too many."""
        return max(self.min_rows, math.floor(min(count / self.share, _ALL)) + 2 if self.share else 0)
