"""What a history shows of what the fund knows: which receipts count at an instant, and the lines of them day by day.

Pure. Whose a receipt is, the store tells; medicines are put together in `medicines.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from eligibility_api.contract.history import CareSetting, Origin
from eligibility_api.domain.claims import Act, Content, DayCounts, Disease
from eligibility_api.domain.dates import day_in_japan

SURGERY = "50"
"""診療識別 of surgery (手術), which is asked for apart from all other treatment."""


class HistoryRecord(NamedTuple):
    """A receipt, a dispensing or a prescription as the fund knows it."""

    number: int
    """The store's: of one origin the greater one is the later."""
    origin: Origin
    known_from: datetime
    """Since when it shows. Of a receipt: since the 11th of its claim month, or its arrival if that is later."""
    identity: bytes
    """Receipts with the same are one receipt (`receipts.Receipt.identity`); of an entry, empty."""
    institution_code: str
    setting: CareSetting
    month: date
    """Month of treatment."""
    claim_month: date | None
    content: Content
    prescribed_on: date | None = None
    """Of an entry; a receipt tells it for each drug."""
    dispensed_on: date | None = None

    @property
    def entry_day(self) -> date | None:
        """The day of a dispensing or a prescription itself."""
        return self.dispensed_on or self.prescribed_on


class ActRow(NamedTuple):
    """One act on one day."""

    known: HistoryRecord
    act: Act
    on: date | None
    times: int | None


class DiseaseRow(NamedTuple):
    """One diagnosis of one receipt."""

    known: HistoryRecord
    disease: Disease


def effective_claims(receipts: Iterable[HistoryRecord], instant: datetime) -> list[HistoryRecord]:
    """The receipts that count at `instant`: of each identity, the one that had begun to show last.

    Of two that began to show together, the one that was stored last. What shows later than `instant` is not there yet:
    until then the receipt counts whose place it takes.
    """
    newest: dict[bytes, HistoryRecord] = {}
    for receipt in receipts:
        if receipt.known_from > instant:
            continue
        former = newest.get(receipt.identity)
        if former is None or (former.known_from, former.number) < (receipt.known_from, receipt.number):
            newest[receipt.identity] = receipt
    return list(newest.values())


_AFTER_THE_FIRST = [timedelta(days=day - 1) for day in range(32)]


def per_day(month: date, days: DayCounts, times: int | None) -> Sequence[tuple[date | None, int | None]]:
    """The days of a line with how often on each; the whole at no day where the claim tells none (算定日情報)."""
    if not days:
        return ((None, times),)
    return [(month + _AFTER_THE_FIRST[day], count) for day, count in days]


def act_rows(receipts: Iterable[HistoryRecord], *, surgery: bool) -> list[ActRow]:
    """Acts day by day, the newest first: surgery (診療識別 50) alone, or everything else."""
    rows = [
        ActRow(known, act, on, times)
        for known in stable_order(receipts)
        for act in known.content.acts
        if (act.act == SURGERY) is surgery
        for on, times in per_day(known.month, act.days, act.times)
    ]
    rows.sort(key=lambda row: row.on or row.known.month, reverse=True)
    return rows


def disease_rows(receipts: Iterable[HistoryRecord]) -> list[DiseaseRow]:
    """Diagnoses, those of the newest receipts first, as each receipt lists them."""
    ordered = sorted(stable_order(receipts), key=lambda known: known.month, reverse=True)
    return [DiseaseRow(known, disease) for known in ordered for disease in known.content.diseases]


def stable_order(known: Iterable[HistoryRecord]) -> list[HistoryRecord]:
    """In an order that is always the same. Rows made in it, and then sorted by their days, the newest first (a row without
    a day stands at the beginning of its month), keep it and the claim's within a day.
    """
    return sorted(known, key=lambda one: (one.institution_code, one.origin, one.number))


def age_days(known_from: datetime, answered_on: date) -> int:
    """Days in Japan from the day since which something is known until the day of the answer."""
    return (answered_on - day_in_japan(known_from)).days
