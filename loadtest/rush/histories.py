"""What facilities saw of histories, held against what was told in this run: its own prescriptions and dispensings.

The nation has no claims. So a look at medicines shows exactly the entries that were told of the patient and were known at
the instant of the look, and every other look shows nothing. A card taps at one generator alone, which therefore knows all
of it. Entries of former runs against the same house stand apart by their instant.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from eligibility_api.contract.history import LookUp, Origin

FIRST, THEN_EVERY = 500, 20

_LISTS = ("medicines", "groups", "treatments", "checkups")

Row = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """A prescription or a dispensing that the fund took: `institution_code` told of it, `prescriber` prescribed it."""

    origin: Origin
    institution_code: str
    prescriber: str
    prescribed_on: str
    drug_code: str
    quantity: str
    times: int
    known_from: datetime

    @property
    def row(self) -> Row:
        """As a look shows it."""
        shown = (self.origin, self.institution_code, self.prescribed_on, self.drug_code, self.quantity)
        return *map(str, shown), str(self.times)


@dataclass(slots=True)
class History:
    """All that was told of one patient in this run. `doubtful`: something was told, and whether it was kept is unknown."""

    entries: list[Entry] = field(default_factory=list)
    begun: int = 0
    doubtful: bool = False

    def to_dispense(self) -> Entry | None:
        """The last prescription that nothing was dispensed for."""
        done = {(entry.prescriber, entry.prescribed_on) for entry in self.entries if _is_dispensing(entry)}
        open_ones = (e for e in reversed(self.entries) if not _is_dispensing(e))
        return next((e for e in open_ones if (e.institution_code, e.prescribed_on) not in done), None)


class Histories:
    """Of every patient who comes to one generator."""

    def __init__(self) -> None:
        self._began_at: datetime | None = None
        self._of_person: defaultdict[str, History] = defaultdict(History)
        self._looks: list[tuple[str, LookUp, bytes]] = []
        self._taken = 0

    def tapped(self, body: bytes) -> None:
        """Note an answer to a tap: entries of before the first, by the fund's clock, are none of this run's."""
        if self._began_at is None:
            self._began_at = datetime.fromisoformat(json.loads(body)["answered_at"])

    def of(self, person: str) -> History:
        """One patient's."""
        return self._of_person[person]

    def looked(self, person: str, look_up: LookUp, body: bytes) -> None:
        """Note what a facility saw; some are kept for the judgement."""
        self._taken += 1
        if self._taken <= FIRST or self._taken % THEN_EVERY == 0:
            self._looks.append((person, look_up, body))

    def judged(self) -> tuple[int, Counter[str]]:
        """How many looks were compared, and how many of them were wrong, by what is."""
        faults: Counter[str] = Counter()
        certain = [look for look in self._looks if not self._of_person[look[0]].doubtful]
        for person, look_up, body in certain:
            faults.update(self._faults(self._of_person[person].entries, look_up, json.loads(body)))
        return len(certain), faults

    def _faults(self, entries: Sequence[Entry], look_up: LookUp, told: dict[str, Any]) -> Iterator[str]:
        if look_up is not LookUp.MEDICATIONS:
            if told["total"] or any(told.get(name) for name in _LISTS):
                yield f"{look_up}: something where there is nothing"
            return
        looked_at = datetime.fromisoformat(told["answered_at"])
        rows = told["medicines"]
        own = [row for row in rows if self._is_of_this_run(row)]
        right = Counter(entry.row for entry in _standing(entries, looked_at, rows))
        seen = Counter(map(_row, own))
        if told["next"] is not None:
            seen, right = seen - right, Counter()  # a page of several: what it shows has to be there at least
        if right - seen:
            yield f"{look_up}: an entry is missing"
        if seen - right:
            yield f"{look_up}: an entry that was not told"

    def _is_of_this_run(self, row: dict[str, Any]) -> bool:
        return self._began_at is None or datetime.fromisoformat(row["known_from"]) >= self._began_at


def _standing(entries: Sequence[Entry], at: datetime, rows: Sequence[dict[str, Any]]) -> Iterator[Entry]:
    """The entries that show at an instant: a dispensing takes the place of the prescription that it names, also one of a
    former run that shows beside.
    """
    known = [entry for entry in entries if entry.known_from <= at]
    named = {(entry.prescriber, entry.prescribed_on) for entry in known if _is_dispensing(entry)}
    dispensed = (row for row in rows if row["origin"] == Origin.DISPENSING and row["prescriber"] is not None)
    named |= {(row["prescriber"]["institution_code"], row["prescribed_on"]) for row in dispensed}
    for entry in known:
        if _is_dispensing(entry) or (entry.institution_code, entry.prescribed_on) not in named:
            yield entry


def _is_dispensing(entry: Entry) -> bool:
    return entry.origin is Origin.DISPENSING


def _row(row: dict[str, Any]) -> Row:
    place = row["institution"]["institution_code"]
    shown = (row["origin"], place, row["prescribed_on"], row["drug_code"], row["quantity"], row["times"])
    return tuple(map(str, shown))
