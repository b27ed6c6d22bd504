"""How many members an insurer's files may contain whom the resident register does not identify (rules N1 to N3).

Each may be a guess of somebody's attributes. Wrong guesses count whether or not the report shows that they are
wrong; so it shows a right one only while the limit is not reached.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

_ALL = 1e12
"""More persons than there are: a share may be so small that the quotient is infinite."""


class UnmatchedRows(NamedTuple):
    """Numbers of unmatched rows, counted or allowed: in this hour, and in 24 hours."""

    hour: int
    day: int

    def plus(self, rows: int) -> UnmatchedRows:
        """The numbers with as many `rows` more."""
        return UnmatchedRows(self.hour + rows, self.day + rows)

    def within(self, allowed: UnmatchedRows) -> bool:
        """Whether neither number is above the allowed one."""
        return self.hour <= allowed.hour and self.day <= allowed.day


@dataclass(frozen=True, slots=True)
class UnmatchedLimits:
    """The limits of every insurer, and the share of its persons that raises them (rule N2)."""

    fixed: UnmatchedRows
    share: float

    def allowed(self, persons: int) -> UnmatchedRows:
        """What an insurer with so many persons may send."""
        by_share = math.floor(self.share * persons)
        return UnmatchedRows(max(self.fixed.hour, by_share), max(self.fixed.day, by_share))

    def persons_needed(self, rows: UnmatchedRows) -> int:
        """The smallest number of persons with which `rows` are allowed; without a share, 0."""
        if rows.within(self.fixed) or not self.share:
            return 0
        above = max(
            rows.hour if rows.hour > self.fixed.hour else 0, rows.day if rows.day > self.fixed.day else 0
        )
        needed = math.ceil(min(above / self.share, _ALL))
        # The product of the rounded quotient may be a little too small.
        return needed if rows.within(self.allowed(needed)) else needed + 1


def is_withheld(
    limits: UnmatchedLimits, counted: UnmatchedRows, *, looked_up: int, unmatched: int, persons: int
) -> bool:
    """Whether a file's matches are withheld until another key approves the file (rule N3).

    `counted` are the rows before this file; of this file, the register was asked about `looked_up` rows. At the
    limit a file is withheld whether or not it adds to the count: otherwise its publication would show which it was.
    """
    return looked_up > 0 and not counted.plus(max(unmatched, 1)).within(limits.allowed(persons))
