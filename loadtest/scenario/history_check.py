"""Compares the histories that facilities received with the run's own prescriptions and dispensings.

The dataset has no claims. A history of medicines therefore contains exactly the entries that the run
registered for the patient and that were known at the time of the answer, and every other history is empty. A
card taps at one generator only, which therefore knows all of it. Entries of earlier runs against the same
stack are distinguished by their time.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from eligibility_api.contract.history import HistoryResource, Origin

INITIAL_COUNT, SAMPLE_INTERVAL = 500, 50

_LISTS = ("medicines", "groups", "treatments", "checkups")

Row = tuple[str, ...]
"""An entry as a history shows it."""

PrescriptionKey = tuple[str, str]
"""The prescribing institution, and the day."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A registered prescription or dispensing.

    `institution_code` registered it, `prescriber` prescribed it.
    """

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
        """The entry as a history shows it."""
        shown = (self.origin, self.institution_code, self.prescribed_on, self.drug_code, self.quantity)
        return *map(str, shown), str(self.times)


@dataclass(slots=True)
class PatientEntries:
    """All entries of one patient in this run.

    `uncertain`: a registration failed, and may have been stored or not.
    """

    entries: list[Entry] = field(default_factory=list)
    started: int = 0
    uncertain: bool = False

    def next_to_dispense(self) -> Entry | None:
        """The latest prescription without a dispensing."""
        done = {(entry.prescriber, entry.prescribed_on) for entry in self.entries if _is_dispensing(entry)}
        prescriptions = (e for e in reversed(self.entries) if not _is_dispensing(e))
        return next((e for e in prescriptions if (e.institution_code, e.prescribed_on) not in done), None)


@dataclass(frozen=True, slots=True)
class MedicineHistory:
    """A received history of medicines: its time, and its rows of this run.

    `partial`: there are further pages.
    """

    person: str
    at: datetime
    own: Sequence[Row]
    dispensed: frozenset[PrescriptionKey]
    """The prescriptions that its dispensings, those of earlier runs included, replace."""
    partial: bool


class HistoryChecker:
    """Checks the histories of all patients of one generator."""

    def __init__(self) -> None:
        self._started_at: datetime | None = None
        self._by_person: defaultdict[str, PatientEntries] = defaultdict(PatientEntries)
        self._histories: list[MedicineHistory] = []
        self._received = self._compared = 0
        self._faults: Counter[str] = Counter()

    def record_tap(self, body: bytes) -> None:
        """Record an answer to a tap.

        Entries older than the first one, by the fund's clock, are not of this run.
        """
        if self._started_at is None:
            self._started_at = datetime.fromisoformat(json.loads(body)["answered_at"])

    def patient(self, person: str) -> PatientEntries:
        """The entries of one patient."""
        return self._by_person[person]

    def record_history(self, person: str, resource: HistoryResource, body: bytes) -> None:
        """Record a history. A sample is compared: empty ones immediately, medicines at the end."""
        self._received += 1
        if self._received > INITIAL_COUNT and self._received % SAMPLE_INTERVAL:
            return
        history = json.loads(body)
        if resource is HistoryResource.MEDICATIONS:
            self._histories.append(self._medicines(person, history))
            return
        self._compared += 1
        if history["total"] or any(history.get(name) for name in _LISTS):
            self._faults[f"{resource}: not empty"] += 1

    def _medicines(self, person: str, history: dict[str, Any]) -> MedicineHistory:
        rows = history["medicines"]
        return MedicineHistory(
            person,
            datetime.fromisoformat(history["answered_at"]),
            [_row(row) for row in rows if self._is_of_this_run(row)],
            frozenset(filter(None, map(_dispensed, rows))),
            partial=history["next"] is not None,
        )

    def _is_of_this_run(self, row: dict[str, Any]) -> bool:
        return self._started_at is None or datetime.fromisoformat(row["known_from"]) >= self._started_at

    def results(self) -> tuple[int, Counter[str]]:
        """How many histories were compared, and how many were wrong, by fault."""
        certain = [one for one in self._histories if not self._by_person[one.person].uncertain]
        faults = self._faults.copy()
        for history in certain:
            faults.update(_faults(history, self._by_person[history.person].entries))
        return self._compared + len(certain), faults


def _faults(history: MedicineHistory, entries: Sequence[Entry]) -> Iterator[str]:
    expected = Counter(entry.row for entry in _current_entries(history, entries))
    shown = Counter(history.own)
    if expected - shown and not history.partial:
        yield f"{HistoryResource.MEDICATIONS}: an entry is missing"
    if shown - expected:
        yield f"{HistoryResource.MEDICATIONS}: an entry that was not registered"


def _current_entries(history: MedicineHistory, entries: Sequence[Entry]) -> Iterator[Entry]:
    """The entries that a history must show.

    A dispensing, also one of an earlier run, replaces its prescription.
    """
    known = [entry for entry in entries if entry.known_from <= history.at]
    dispensed = history.dispensed | {
        (entry.prescriber, entry.prescribed_on) for entry in known if _is_dispensing(entry)
    }
    for entry in known:
        if _is_dispensing(entry) or (entry.institution_code, entry.prescribed_on) not in dispensed:
            yield entry


def _is_dispensing(entry: Entry) -> bool:
    return entry.origin is Origin.DISPENSING


def _dispensed(row: dict[str, Any]) -> PrescriptionKey | None:
    """The prescription that a row dispenses."""
    if row["origin"] != Origin.DISPENSING or row["prescriber"] is None:
        return None
    return row["prescriber"]["institution_code"], row["prescribed_on"]


def _row(row: dict[str, Any]) -> Row:
    code = row["institution"]["institution_code"]
    shown = (row["origin"], code, row["prescribed_on"], row["drug_code"], row["quantity"], row["times"])
    return tuple(map(str, shown))
