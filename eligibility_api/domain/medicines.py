"""Lists medicines of claims and entries: one row per drug and day, with overlaps and groups.

Names and ingredients come from the drug master; where it has none, they stay empty.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from eligibility_api.contract.history import CareSetting, Grouping, Origin
from eligibility_api.domain.claims import Drug
from eligibility_api.domain.history import HistoryRecord, per_day, stable_order
from eligibility_api.domain.overlaps import ORAL, Supply, overlaps

Ingredient = Callable[[str], str | None]
"""The ingredient code of a drug code, or None if the master has none."""


class MedicineRow(NamedTuple):
    """One drug on one day."""

    known: HistoryRecord
    drug: Drug
    on: date | None
    """Day of dispensing or administration; for a prescription, of prescribing."""
    times: int | None
    """Count on that day."""
    prescriber: str | None


class Group(NamedTuple):
    """The common key of the medicines of one group."""

    key: str | None
    """The published key: an ingredient code, or a day."""
    otherwise: str
    """The internal key where there is no published one."""


def medicine_rows(known: Iterable[HistoryRecord]) -> list[MedicineRow]:
    """Every medicine, newest first (rules H5, H8)."""
    rows: list[MedicineRow] = []
    for one in stable_order(known):
        rows += _of_claim(one) if one.origin is Origin.CLAIM else _of_entry(one)
    rows.sort(key=lambda row: row.on or row.known.month, reverse=True)
    return rows


def _of_claim(known: HistoryRecord) -> list[MedicineRow]:
    content = known.content
    if known.setting is CareSetting.PHARMACY:
        return [
            MedicineRow(known, drug, drug.dispensed_on, drug.times, content.prescriber_code)
            for drug in content.drugs
        ]
    # An institution has prescribed what it administers or dispenses itself (rule H5).
    return [
        MedicineRow(known, drug, on, times, known.institution_code)
        for drug in content.drugs
        for on, times in per_day(known.month, drug.days, drug.times)
    ]


def _of_entry(known: HistoryRecord) -> list[MedicineRow]:
    prescriber = known.content.prescriber_code or known.institution_code
    return [MedicineRow(known, drug, known.entry_day, drug.times, prescriber) for drug in known.content.drugs]


def overlap_marks(rows: Sequence[MedicineRow], ingredient: Ingredient) -> Mapping[int, list[int]]:
    """For each marked row, by its number from 1, the rows with which it overlaps (rule H7)."""
    return overlaps(
        [supply for place, row in enumerate(rows, 1) if (supply := _supply(place, row, ingredient))]
    )


def _supply(place: int, row: MedicineRow, ingredient: Ingredient) -> Supply | None:
    """The supply of a row; None for other than oral drugs, or without day, ingredient or prescriber (H7)."""
    if row.drug.act != ORAL or not (row.on and row.times and row.prescriber):
        return None
    code = ingredient(row.drug.code)
    return Supply(place, code, row.prescriber, row.on, row.on + timedelta(days=row.times)) if code else None


def group_of(row: MedicineRow, grouping: Grouping, ingredient: Ingredient) -> Group:
    """The group of a row.

    A drug without ingredient code has a group per drug, a row without a day one per month.
    """
    if grouping is Grouping.DATE:
        return Group(row.on.isoformat(), "") if row.on else Group(None, row.known.month.isoformat())
    code = ingredient(row.drug.code)
    return Group(code, "" if code else row.drug.code)


def grouped_order(places: Iterable[int], group: Callable[[int], Group]) -> list[int]:
    """Places ordered by group: the group with the newest row first, newest first in each (rule H8)."""
    groups: dict[Group, list[int]] = {}
    for place in places:
        groups.setdefault(group(place), []).append(place)
    return [place for members in groups.values() for place in members]
