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

FIRST, THEN_EVERY = 500, 50

_LISTS = ("medicines", "groups", "treatments", "checkups")

Row = tuple[str, ...]
"""An entry as a look shows it."""

Prescribed = tuple[str, str]
"""By which institution, on which day."""


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


@dataclass(frozen=True, slots=True)
class Look:
    """A look at somebody's medicines: when, and what it showed, of this run and of before. `part`: of several pages."""

    person: str
    at: datetime
    own: Sequence[Row]
    named: frozenset[Prescribed]
    """What the dispensings among it name, which they take the place of."""
    part: bool


class Histories:
    """Of every patient who comes to one generator."""

    def __init__(self) -> None:
        self._began_at: datetime | None = None
        self._of_person: defaultdict[str, History] = defaultdict(History)
        self._looks: list[Look] = []
        self._taken = self._compared = 0
        self._faults: Counter[str] = Counter()

    def tapped(self, body: bytes) -> None:
        """Note an answer to a tap: entries of before the first, by the fund's clock, are none of this run's."""
        if self._began_at is None:
            self._began_at = datetime.fromisoformat(json.loads(body)["answered_at"])

    def of(self, person: str) -> History:
        """One patient's."""
        return self._of_person[person]

    def looked(self, person: str, look_up: LookUp, body: bytes) -> None:
        """Note what a facility saw. Some are compared: that there is nothing at once, medicines in the end."""
        self._taken += 1
        if self._taken > FIRST and self._taken % THEN_EVERY:
            return
        told = json.loads(body)
        if look_up is LookUp.MEDICATIONS:
            self._looks.append(self._look(person, told))
            return
        self._compared += 1
        if told["total"] or any(told.get(name) for name in _LISTS):
            self._faults[f"{look_up}: something where there is nothing"] += 1

    def _look(self, person: str, told: dict[str, Any]) -> Look:
        rows = told["medicines"]
        return Look(
            person,
            datetime.fromisoformat(told["answered_at"]),
            [_row(row) for row in rows if self._is_of_this_run(row)],
            frozenset(filter(None, map(_named, rows))),
            part=told["next"] is not None,
        )

    def _is_of_this_run(self, row: dict[str, Any]) -> bool:
        return self._began_at is None or datetime.fromisoformat(row["known_from"]) >= self._began_at

    def judged(self) -> tuple[int, Counter[str]]:
        """How many looks were compared, and how many of them were wrong, by what is."""
        certain = [look for look in self._looks if not self._of_person[look.person].doubtful]
        faults = self._faults.copy()
        for look in certain:
            faults.update(_faults(look, self._of_person[look.person].entries))
        return self._compared + len(certain), faults


def _faults(look: Look, entries: Sequence[Entry]) -> Iterator[str]:
    right, seen = Counter(entry.row for entry in _standing(look, entries)), Counter(look.own)
    if right - seen and not look.part:
        yield f"{LookUp.MEDICATIONS}: an entry is missing"
    if seen - right:
        yield f"{LookUp.MEDICATIONS}: an entry that was not told"


def _standing(look: Look, entries: Sequence[Entry]) -> Iterator[Entry]:
    """The entries that show at a look: a dispensing takes the place of the prescription that it names, also one of a former
    run that shows beside.
    """
    known = [entry for entry in entries if entry.known_from <= look.at]
    named = look.named | {(entry.prescriber, entry.prescribed_on) for entry in known if _is_dispensing(entry)}
    for entry in known:
        if _is_dispensing(entry) or (entry.institution_code, entry.prescribed_on) not in named:
            yield entry


def _is_dispensing(entry: Entry) -> bool:
    return entry.origin is Origin.DISPENSING


def _named(row: dict[str, Any]) -> Prescribed | None:
    """Whose prescription of which day a dispensing that shows is for."""
    if row["origin"] != Origin.DISPENSING or row["prescriber"] is None:
        return None
    return row["prescriber"]["institution_code"], row["prescribed_on"]


def _row(row: dict[str, Any]) -> Row:
    place = row["institution"]["institution_code"]
    shown = (row["origin"], place, row["prescribed_on"], row["drug_code"], row["quantity"], row["times"])
    return tuple(map(str, shown))
