"""Medicines as lines of a screen, by ingredient or day; where a row comes from, and how old it is."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from clinic_terminal.console import code_words
from clinic_terminal.console import history_words as say
from eligibility_api.contract.claim_codes import ACTS
from eligibility_api.contract.history import HistoryRow, Institution, Medications, Medicine, MedicineGroup

_ORAL = "21"


def lines(page: Medications) -> Iterator[str]:
    """All of a page, each group under its head."""
    for group in page.groups:
        yield _head(group)
        yield from (line for one in group.medicines for line in _medicine(one))
    yield from (line for one in page.medicines for line in _medicine(one))


def source(row: HistoryRow) -> str:
    """Where a row comes from, and its age."""
    claimed = f" {row.claim_month} {say.CLAIMED}" if row.claim_month else ""
    return f"{code_words.ORIGIN[row.origin]}{claimed} ・ {age(row.age_days)}"


def age(days: int) -> str:
    """Since how long the fund knows it."""
    return f"{days}{say.DAYS_OLD.ja} / {days} {say.DAYS_OLD.en}"


def day(on: date | None, month: str) -> str:
    """The day, or where the claim tells none the month."""
    return on.isoformat() if on else month


def place(at: Institution) -> str:
    """An institution's name, its code where it has none; the one that looks is marked."""
    own = f"（{say.OWN.ja}/{say.OWN.en}）" if at.own else ""
    return f"{at.institution_name or at.institution_code}{own}"


def _head(group: MedicineGroup) -> str:
    mark = f"  {say.DUPLICATE}" if group.duplicates else ""
    names = " ".join(part for part in (group.name, group.key) if part)
    return f"■ {names or say.NO_KEY}{mark}"


def _medicine(row: Medicine) -> Iterator[str]:
    generic = f"（{say.GENERIC}）" if row.generic else ""
    name = row.name or f"{row.drug_code}（{say.NO_NAME}）"
    yield f"[{row.row}] {day(row.on, row.month)}  {name}{generic}"
    if dose := _dose(row):
        yield f"    {dose}"
    yield from (f"    {line}" for line in _who(row))
    yield f"    {source(row)}"
    if row.duplicates:
        numbers = " ".join(f"[{number}]" for number in row.duplicates)
        yield f"    {say.DUPLICATE} {numbers} {say.SAME_INGREDIENT}"


def _dose(row: Medicine) -> str:
    """Quantity for a day or dose, kind of act, usage as it was claimed, and days of supply or doses."""
    amount = f"{row.quantity}{row.unit or ''}" if row.quantity else ""
    act = ACTS.get(row.act, row.act) if row.act else ""
    unit = say.DAYS_OF_SUPPLY if row.act == _ORAL else say.DOSES
    times = f"{row.times}{unit}" if row.times is not None else ""
    parts = (amount, act, row.usage or row.usage_code, row.instruction, times)
    return " ・ ".join(part for part in parts if part)


def _who(row: Medicine) -> Iterator[str]:
    """The prescriber and the day, then who gave it: an institution that dispenses itself is named once."""
    prescriber = place(row.prescriber) if row.prescriber else "－"
    prescribed = f" {row.prescribed_on.isoformat()}" if row.prescribed_on else ""
    itself = row.prescriber and row.prescriber.institution_code == row.institution.institution_code
    setting = f" ・ {code_words.SETTING[row.setting]}" if itself else ""
    yield f"{say.PRESCRIBED}: {prescriber}{prescribed}{setting}"
    if not itself:
        yield f"{say.DISPENSED}: {place(row.institution)}"
