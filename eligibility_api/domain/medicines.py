"""Medicines out of receipts and entries: row by row, one drug on one day; marked, and put together.

What a drug is called and which ingredient it has, the drug master tells (`Named`); nothing is invented where it does
not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from eligibility_api.contract.history import CareSetting, Grouping, Origin
from eligibility_api.domain.claims import Drug
from eligibility_api.domain.duplicates import ORAL, Supply, duplicates
from eligibility_api.domain.history import HistoryRecord, per_day, stable_order

Ingredient = Callable[[str], str | None]
"""The ingredient code of a drug code, or None where the master has none."""


class MedicineRow(NamedTuple):
    """One drug on one day."""

    known: HistoryRecord
    drug: Drug
    on: date | None
    """Day of dispensing, of giving, or of a prescription of prescribing."""
    times: int | None
    """Of that day."""
    prescriber: str | None


class Group(NamedTuple):
    """What the medicines of one group have in common."""

    key: str | None
    """As published: an ingredient code, or a day."""
    otherwise: str
    """What they have in common where there is no key."""


def medicine_rows(known: Iterable[HistoryRecord]) -> list[MedicineRow]:
    """Every medicine, the newest first."""
    rows: list[MedicineRow] = []
    for one in stable_order(known):
        rows += _of_receipt(one) if one.origin is Origin.CLAIM else _of_entry(one)
    rows.sort(key=lambda row: row.on or row.known.month, reverse=True)
    return rows


def _of_receipt(known: HistoryRecord) -> list[MedicineRow]:
    content = known.content
    if known.setting is CareSetting.PHARMACY:
        return [
            MedicineRow(known, drug, drug.dispensed_on, drug.times, content.prescriber_code)
            for drug in content.drugs
        ]
    # What an institution gives or hands out itself, it has prescribed.
    return [
        MedicineRow(known, drug, on, times, known.institution_code)
        for drug in content.drugs
        for on, times in per_day(known.month, drug.days, drug.times)
    ]


def _of_entry(known: HistoryRecord) -> list[MedicineRow]:
    prescriber = known.content.prescriber_code or known.institution_code
    return [MedicineRow(known, drug, known.entry_day, drug.times, prescriber) for drug in known.content.drugs]


def duplicate_marks(rows: Sequence[MedicineRow], ingredient: Ingredient) -> Mapping[int, list[int]]:
    """For each row that is a duplicate, by its place from 1: the places of those that it duplicates."""
    return duplicates(
        [lasting for place, row in enumerate(rows, 1) if (lasting := _supply(place, row, ingredient))]
    )


def _supply(place: int, row: MedicineRow, ingredient: Ingredient) -> Supply | None:
    """What a row supplies for days; None of an injection, a dose as needed, an ointment, a drug without ingredient."""
    if row.drug.act != ORAL or not (row.on and row.times and row.prescriber):
        return None
    code = ingredient(row.drug.code)
    return Supply(place, code, row.prescriber, row.on, row.on + timedelta(days=row.times)) if code else None


def group_of(row: MedicineRow, grouping: Grouping, ingredient: Ingredient) -> Group:
    """Which group a row belongs to. A drug without ingredient code is alone with itself, what has no day with its month's."""
    if grouping is Grouping.DATE:
        return Group(row.on.isoformat(), "") if row.on else Group(None, row.known.month.isoformat())
    code = ingredient(row.drug.code)
    return Group(code, "" if code else row.drug.code)


def grouped_order(places: Iterable[int], group: Callable[[int], Group]) -> list[int]:
    """Places in the order in which they are told in groups: the group with the newest first, in each the newest first."""
    groups: dict[Group, list[int]] = {}
    for place in places:
        groups.setdefault(group(place), []).append(place)
    return [place for members in groups.values() for place in members]
