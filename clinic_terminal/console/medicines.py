"""Medicines as lines of a screen, by ingredient or day; the origin of a row, and how old it is."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from clinic_terminal.console import code_texts, texts
from clinic_terminal.queries.medicines import ORAL, dose, is_dispensed_by_prescriber
from eligibility_api.contract.history import HistoryRow, Institution, Medications, Medicine, MedicineGroup


def lines(page: Medications) -> Iterator[str]:
    """All of a page, each group under its head."""
    for group in page.groups:
        yield _head(group)
        yield from (line for one in group.medicines for line in _medicine(one))
    yield from (line for one in page.medicines for line in _medicine(one))


def source(row: HistoryRow) -> str:
    """The origin of a row, and its age."""
    claimed = f" {row.claim_month} {texts.CLAIMED}" if row.claim_month else ""
    reread = f"・{texts.EARLIER_READER}" if row.earlier_reader else ""
    return f"{code_texts.ORIGIN[row.origin].ja}{claimed}・{age(row.age_days)}{reread}"


def age(days: int) -> str:
    """How long ago the fund registered it."""
    return f"{days}{texts.DAYS_OLD}"


def day(on: date | None, month: str) -> str:
    """The day, or the month where the claim has no day."""
    return on.isoformat() if on else month


def place(at: Institution) -> str:
    """An institution's name, or its code where it has none; the terminal's own facility is marked."""
    own = f"（{texts.OWN_FACILITY}）" if at.own else ""
    return f"{at.institution_name or at.institution_code}{own}"


def _head(group: MedicineGroup) -> str:
    mark = f"  {texts.OVERLAP}" if group.overlaps else ""
    names = " ".join(part for part in (group.name, group.key) if part)
    return f"■ {names or texts.NO_INGREDIENT}{mark}"


def _medicine(row: Medicine) -> Iterator[str]:
    generic = f"（{texts.GENERIC}）" if row.generic else ""
    name = row.name or f"{row.drug_code}（{texts.NO_NAME}）"
    yield f"[{row.row}] {day(row.on, row.month)}  {name}{generic}"
    if text := _dose(row):
        yield f"    {text}"
    yield from (f"    {line}" for line in _institutions(row))
    yield f"    {source(row)}"
    if row.overlaps:
        numbers = " ".join(f"[{number}]" for number in row.overlaps)
        yield f"    {texts.OVERLAP.ja} {numbers} {texts.SAME_INGREDIENT}"


def _dose(row: Medicine) -> str:
    """The dose, then days of supply or doses."""
    unit = texts.DAYS_OF_SUPPLY if row.act == ORAL else texts.DOSES
    times = [f"{row.times}{unit}"] if row.times is not None else []
    return "・".join([*dose(row), *times])


def _institutions(row: Medicine) -> Iterator[str]:
    """The prescriber and the day, then the pharmacy; an institution that dispenses itself is named once."""
    prescriber = place(row.prescriber) if row.prescriber else "－"
    prescribed = f" {row.prescribed_on.isoformat()}" if row.prescribed_on else ""
    itself = is_dispensed_by_prescriber(row)
    setting = f"・{code_texts.SETTING[row.setting].ja}" if itself else ""
    yield f"{texts.PRESCRIBER}：{prescriber}{prescribed}{setting}"
    if not itself:
        yield f"{texts.DISPENSER}：{place(row.institution)}"
