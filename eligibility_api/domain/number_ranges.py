"""Numbers as ranges, each by its first and last number: many of them take little room in a record."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence


def ranges(numbers: Iterable[int]) -> list[tuple[int, int]]:
    """Return ascending numbers as ranges."""
    result: list[tuple[int, int]] = []
    for number in numbers:
        if result and result[-1][1] == number - 1:
            result[-1] = (result[-1][0], number)
        else:
            result.append((number, number))
    return result


class NumberRanges:
    """The numbers of ranges, for many questions after many additions. Ranges may be added in any order."""

    def __init__(self) -> None:
        self._ranges: list[tuple[int, int]] = []
        self._sorted = True

    def add(self, added: Iterable[Sequence[int]]) -> None:
        """Add ranges that share no number with each other or earlier ones. Raises ValueError for other values."""
        for first, last in added:
            if type(first) is not int or type(last) is not int or first > last:
                raise ValueError("not a range")
            self._ranges.append((first, last))
        self._sorted = False

    def __contains__(self, number: int) -> bool:
        """Whether a range has the number."""
        if not self._sorted:
            self._ranges.sort()
            self._sorted = True
        place = bisect_right(self._ranges, number, key=lambda one: one[0])
        return place > 0 and number <= self._ranges[place - 1][1]
