"""The check of duplicate medication as a reference model (rules M1 to M6, M9): days as sets, and nothing clever."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta


@dataclass(frozen=True)
class ModelMedicine:
    """A medicine: what it contains, how it is given (21: oral, by the day), and how often."""

    ingredient: str | None
    act: str
    times: int

    def days(self, first: date) -> set[date]:
        """The days on which it counts (M4)."""
        count = self.times if self.act == "21" else 14
        return {first + timedelta(days=n) for n in range(count)}


@dataclass(frozen=True)
class ModelEntry:
    """A prescription (`dispensed_on` is None), a dispensing, or what an institution dispensed itself."""

    prescriber: str
    prescribed_on: date
    dispensed_on: date | None
    on_site: bool
    medicines: tuple[ModelMedicine, ...]


def bounded(newest_first: Sequence[ModelEntry]) -> tuple[Sequence[ModelEntry], bool]:
    """The entries that one check compares, and whether they are all (M9)."""
    compared = max(n for n in range(len(newest_first) + 1) if _is_within(newest_first[:n]))
    return newest_first[:compared], compared == len(newest_first)


def _is_within(entries: Sequence[ModelEntry]) -> bool:
    return len(entries) <= 500 and sum(len(entry.medicines) for entry in entries) <= 5000


def check(
    asked: Sequence[ModelMedicine],
    on: date,
    entries: Sequence[ModelEntry],
    *,
    own: str,
    same_institution: bool,
    dispensed_now: tuple[str, date] | None,
    forbidden: Collection[frozenset[str]],
) -> set[tuple[str, int, int, int]]:
    """What is found: kind, position asked about, and the entry's and its medicine's position, all from 1."""
    found = set()
    for place, one in enumerate(asked, 1):
        for number, entry in enumerate(entries, 1):
            for other_place, other in enumerate(entry.medicines, 1):
                if not _is_compared(entry, entries, own, same_institution, dispensed_now):
                    continue
                first = entry.dispensed_on or entry.prescribed_on
                if one.ingredient is None or other.ingredient is None:
                    continue
                if not one.days(on) & other.days(first):
                    continue
                if one.ingredient == other.ingredient:
                    found.add(("duplicate", place, number, other_place))
                elif frozenset((one.ingredient, other.ingredient)) in forbidden:
                    found.add(("contraindicated", place, number, other_place))
    return found


def _is_compared(
    entry: ModelEntry,
    entries: Sequence[ModelEntry],
    own: str,
    same_institution: bool,
    dispensed_now: tuple[str, date] | None,
) -> bool:
    named = (entry.prescriber, entry.prescribed_on)
    if named == dispensed_now or (entry.prescriber == own and not same_institution):
        return False
    waiting = entry.dispensed_on is None
    return not waiting or not any(
        other.dispensed_on is not None
        and not other.on_site
        and (other.prescriber, other.prescribed_on) == named
        for other in entries
    )
