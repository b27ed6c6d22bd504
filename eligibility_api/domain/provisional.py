"""Prescriptions and dispensings at once: provisional, until something more reliable takes their place (OQS 7.2).

The most reliable is the receipt, then the dispensing, then the prescription. Of one patient, institution and day the
more reliable one stands for all of the others.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from eligibility_api.contract.history import CareSetting, Origin
from eligibility_api.domain.history import HistoryRecord, per_day

DISPLAY_PERIOD = timedelta(days=100)
"""How long after the act an entry shows (OQS 7.3); by then its claim has come."""

Place = tuple[str | None, date | None]
"""An institution and a day."""


def current_entries(
    entries: Sequence[HistoryRecord], receipts: Iterable[HistoryRecord], today: date
) -> list[HistoryRecord]:
    """The entries that show beside `receipts` (those that count) on `today`.

    A dispensing is replaced by a receipt of its pharmacy with its day of dispensing; a prescription by a receipt or a
    dispensing that names its prescriber and day of prescribing, or by a receipt of its own institution for that day.
    """
    if not entries:
        return []
    dispensed: set[Place] = set()
    prescribed: set[Place] = set()
    for receipt in receipts:
        _note(receipt, dispensed, prescribed)
    for entry in entries:
        if entry.origin is Origin.DISPENSING:
            prescribed.add((entry.content.prescriber_code, entry.prescribed_on))
    return [
        entry
        for entry in entries
        if _recent(entry, today) and _place(entry) not in (dispensed if entry.dispensed_on else prescribed)
    ]


def _note(receipt: HistoryRecord, dispensed: set[Place], prescribed: set[Place]) -> None:
    content = receipt.content
    for drug in content.drugs:
        if receipt.setting is CareSetting.PHARMACY:
            dispensed.add((receipt.institution_code, drug.dispensed_on))
            prescribed.add((content.prescriber_code, drug.prescribed_on))
        else:
            days = per_day(receipt.month, drug.days, drug.times)
            prescribed.update((receipt.institution_code, day) for day, _ in days)


def _place(entry: HistoryRecord) -> Place:
    return entry.institution_code, entry.entry_day


def _recent(entry: HistoryRecord, today: date) -> bool:
    return entry.entry_day is not None and today <= entry.entry_day + DISPLAY_PERIOD


def valid_entry_days(today: date, prescribed_on: date, dispensed_on: date | None = None) -> bool:
    """Whether nothing lies in the future, or so far back that it would not show, and none was dispensed unprescribed."""
    last = dispensed_on or prescribed_on
    return today - DISPLAY_PERIOD <= prescribed_on <= last <= today
