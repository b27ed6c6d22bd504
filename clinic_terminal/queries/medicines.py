"""What the rows of a list of medicines mean together: days of supply, overlaps that the fund marked, one place or two."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import NamedTuple

from eligibility_api.contract.claim_codes import ACTS
from eligibility_api.contract.history import Medicine

ORAL = "21"
"""診療識別 of 内服: `times` are days of supply; of every other kind they are doses."""


class Days(NamedTuple):
    """The days [first, end)."""

    first: date
    end: date


def days_of_supply(row: Medicine) -> Days | None:
    """The days of an oral medicine (rule H7 of the fund); None for other kinds, or without day or number of days."""
    if row.act != ORAL or row.on is None or not row.times:
        return None
    return Days(row.on, row.on + timedelta(days=row.times))


def is_dispensed_by_prescriber(row: Medicine) -> bool:
    """Whether one institution prescribed and dispensed or gave the medicine."""
    return row.prescriber is not None and row.prescriber.institution_code == row.institution.institution_code


def dose(row: Medicine) -> list[str]:
    """Quantity for a day or dose, kind of act, usage and instruction, as they were claimed; empty ones are left out."""
    amount = f"{row.quantity}{row.unit or ''}" if row.quantity else ""
    act = ACTS.get(row.act, row.act) if row.act else ""
    return [part for part in (amount, act, row.usage or row.usage_code, row.instruction) if part]


class Overlaps:
    """The days on which rows overlap that the fund marked: which rows do is decided there alone (rule H7)."""

    def __init__(self, rows: Iterable[Medicine]) -> None:
        """`rows`: the whole list, of which parts may be shown."""
        self._rows = {row.row: row for row in rows}

    def periods(self, row: Medicine) -> Iterator[Days]:
        """The days that a row shares with each row that it is marked with."""
        own = days_of_supply(row)
        for number in row.overlaps:
            other = self._rows.get(number)
            days = days_of_supply(other) if other is not None else None
            if own is None or days is None:
                continue
            shared = Days(max(own.first, days.first), min(own.end, days.end))
            if shared.first < shared.end:
                yield shared

    def days(self, rows: Iterable[Medicine]) -> int:
        """How many days these rows share with those that they are marked with; each day counts once."""
        shared = {
            period.first + timedelta(days=number)
            for row in rows
            for period in self.periods(row)
            for number in range((period.end - period.first).days)
        }
        return len(shared)
