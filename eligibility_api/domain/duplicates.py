"""Duplicate and contraindicated medication by the rule of the electronic prescription service (rules M1 to M6, M9).

The notice of 2023-12-28 on the operation of that service. Claims are never compared. Our own mark in the list
of medicines is in `overlaps.py`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from eligibility_api.contract.duplicate_checks import DuplicateKind
from eligibility_api.contract.history import Origin
from eligibility_api.domain.claims import Drug
from eligibility_api.domain.history import HistoryRecord
from eligibility_api.domain.medicines import Ingredient
from eligibility_api.domain.overlaps import ORAL

UNCOUNTED_DAYS = 14
"""Days of external, as-needed and other medicines whose days cannot be counted (rule M4)."""

MAX_ENTRIES = 500
"""Entries of a patient that one check compares, the newest (rule M9)."""

MAX_MEDICINES = 5_000
"""Medicines of these entries; an entry is compared whole or not at all (rule M9)."""

Prescription = tuple[str | None, date | None]
"""A prescription: its institution and its day."""

Contraindications = Mapping[str, frozenset[str]]
"""The ingredients with which each ingredient must not be combined, in both directions."""


class Compared(NamedTuple):
    """The entries that a check compares, and whether they are all of the patient's."""

    entries: list[HistoryRecord]
    complete: bool


class Medicine(NamedTuple):
    """A medicine on the days [first, end); `known` is the entry that it is from, None if it was asked about."""

    known: HistoryRecord | None
    drug: Drug
    ingredient: str
    first: date
    end: date

    @property
    def last(self) -> date:
        """The last of its days."""
        return self.end - timedelta(days=1)


class Found(NamedTuple):
    """A medicine asked about, by its position from 1, and another one."""

    kind: DuplicateKind
    asked: int
    other: Medicine


def days_of(drug: Drug) -> int:
    """How many days a medicine counts (rule M4)."""
    return drug.times if drug.act == ORAL and drug.times else UNCOUNTED_DAYS


def medicine(known: HistoryRecord | None, drug: Drug, first: date, ingredient: Ingredient) -> Medicine | None:
    """A medicine to compare; None without an ingredient code, which insurance drugs have (rule M2)."""
    code = ingredient(drug.code)
    return Medicine(known, drug, code, first, first + timedelta(days=days_of(drug))) if code else None


def within_limits(newest_first: Iterable[HistoryRecord]) -> Compared:
    """The entries up to the limits of one check (rule M9); reads at most one entry more than it returns."""
    entries: list[HistoryRecord] = []
    medicines = 0
    for entry in newest_first:
        medicines += len(entry.content.drugs)
        if len(entries) == MAX_ENTRIES or medicines > MAX_MEDICINES:
            return Compared(entries, complete=False)
        entries.append(entry)
    return Compared(entries, complete=True)


def prescriber_of(entry: HistoryRecord) -> str:
    """The prescribing institution of an entry."""
    return entry.content.prescriber_code or entry.institution_code


def compared_entries(
    entries: Sequence[HistoryRecord],
    *,
    own: str,
    same_institution: bool,
    prescription: Prescription | None,
) -> list[HistoryRecord]:
    """The entries whose medicines are compared (rules M1, M5).

    Dispensings, on-site dispensings, and prescriptions that no dispensing names; not the `prescription` that is
    being dispensed, and only with `same_institution` those of the institution `own`.
    """
    dispensed: set[Prescription] = {
        (prescriber_of(entry), entry.prescribed_on) for entry in entries if entry.origin is Origin.DISPENSING
    }
    found = []
    for entry in entries:
        named = prescriber_of(entry), entry.prescribed_on
        if entry.origin is Origin.PRESCRIPTION and named in dispensed:
            continue
        if named != prescription and (same_institution or named[0] != own):
            found.append(entry)
    return found


def medicines_of(entries: Iterable[HistoryRecord], ingredient: Ingredient) -> Iterator[Medicine]:
    """The medicines of entries, from the day of dispensing, else of prescribing (rules M2, M4)."""
    for entry in entries:
        first = entry.entry_day
        if first is not None:
            for drug in entry.content.drugs:
                if (one := medicine(entry, drug, first, ingredient)) is not None:
                    yield one


def find(
    asked: Sequence[Medicine | None], others: Iterable[Medicine], contraindicated: Contraindications
) -> list[Found]:
    """Compare each medicine asked about with the others, in the order of the request (rules M3, M6).

    Those asked about are not compared with each other.
    """
    by_ingredient: defaultdict[str, list[Medicine]] = defaultdict(list)
    for other in others:
        by_ingredient[other.ingredient].append(other)
    found = []
    for number, one in enumerate(asked, 1):
        if one is None:
            continue
        compared = {one.ingredient: DuplicateKind.DUPLICATE} | dict.fromkeys(
            sorted(contraindicated.get(one.ingredient, ())), DuplicateKind.CONTRAINDICATED
        )
        for ingredient, kind in compared.items():
            found += [
                Found(kind, number, other)
                for other in by_ingredient.get(ingredient, ())
                if one.first < other.end and other.first < one.end
            ]
    return found
