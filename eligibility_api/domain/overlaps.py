"""Overlaps in the list of medicines: one ingredient from different prescribers for the same days (rule H7).

Our own mark, also made from claims. The check of duplicate medication by the public rule is `duplicates.py`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple

ORAL = "21"
"""診療識別 of 内服: `times` is the days of supply. Claims give days of supply for no other kind."""

INGREDIENT_LENGTH = 7
"""Leading characters of the 薬価基準収載医薬品コード that identify ingredient and route."""


class Supply(NamedTuple):
    """A supply for the days [first, end). Only rows with all of these values can overlap."""

    row: int
    ingredient: str
    prescriber: str
    """The prescribing institution: a second supply from the same is a refill."""
    first: date
    end: date


def overlaps(supplies: Sequence[Supply]) -> Mapping[int, list[int]]:
    """For each overlapping row, the rows with which it overlaps, in ascending order (rule H7)."""
    by_ingredient: defaultdict[str, list[Supply]] = defaultdict(list)
    for one in supplies:
        by_ingredient[one.ingredient].append(one)
    found: defaultdict[int, list[int]] = defaultdict(list)
    for same in by_ingredient.values():
        # Most people have each medicine from one prescriber.
        if any(one.prescriber != same[0].prescriber for one in same):
            _mark(same, found)
    for rows in found.values():
        rows.sort()
    return found


def _mark(same: list[Supply], found: defaultdict[int, list[int]]) -> None:
    """Record both rows of every overlapping pair, in a sweep along the days."""
    ongoing: list[Supply] = []
    for one in sorted(same, key=lambda one: one.first):
        ongoing = [other for other in ongoing if other.end > one.first]
        for other in ongoing:
            if other.prescriber != one.prescriber:
                found[one.row].append(other.row)
                found[other.row].append(one.row)
        ongoing.append(one)
