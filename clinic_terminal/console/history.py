"""A history for people, at 80 columns and without colour.

It begins with the end of the permission; then comes each kind with its rows. Medicines are grouped by
ingredient or day, not by claim; an overlap of days of supply is marked in words, with the rows that it concerns.
Details inside a row are Japanese; the same data for programs is in `history_report`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from clinic_terminal.console import code_texts, consents, medicines, screen, texts
from clinic_terminal.console.days import day_text
from clinic_terminal.console.history_report import headline as history_headline
from clinic_terminal.console.insurance import Row, with_kana
from clinic_terminal.console.medicines import source
from clinic_terminal.console.printable import printable
from clinic_terminal.console.report import headline
from clinic_terminal.queries.history import History
from eligibility_api.contract.eligibility import EligibilityAnswer
from eligibility_api.contract.emergency import FoundPerson
from eligibility_api.contract.emergency_summary import Extent
from eligibility_api.contract.history import (
    Diagnoses,
    HealthCheckup,
    HealthCheckups,
    HistoryPage,
    HistoryResource,
    Medications,
    Treatment,
    Treatments,
)
from eligibility_api.contract.treatment_kinds import TREATMENT_KINDS

Record = TypeVar("Record")


def show_history(console: Console, history: History, *, with_timings: bool) -> None:
    """Print the person, the end of the permission, the rows, any problem, and the notice at the end."""
    identified = history.identified
    if identified is not None and history.permit_id is None and history.problem is None:
        screen.show(console, identified, with_timings=with_timings)
    else:
        if identified is not None and identified.answer is not None:
            console.print(screen.badge(headline(identified)))
            console.print(screen.table(_person(identified.answer)))
        _show_access(console, history)
        screen.show_elapsed(console, history.timings, with_timings=with_timings)


def _show_access(console: Console, history: History) -> None:
    console.print(screen.badge(history_headline(history)))
    console.print(screen.table((*_found(history), *_permit(history))))
    if history.extent is Extent.SUMMARY:
        screen.sentences(console, texts.SUMMARY)
    for resource, page in history.pages.items():
        _show_page(console, resource, page)
    if history.problem is not None:
        screen.show_problem(console, history.problem)
    if history.permit is not None:
        screen.line(console, f"！{history.permit.notice}")


def _person(answer: EligibilityAnswer) -> Iterator[Row]:
    for result in answer.results[:1]:
        yield texts.NAME, with_kana(result.name, result.name_kana)
        yield texts.SEX, str(code_texts.SEX[result.sex])
        yield texts.BIRTH_DATE, day_text(result.birth_date)


def _found(history: History) -> Iterator[Row]:
    """The insurance of a person found in a disaster."""
    if history.found is not None:
        yield from found_rows(history.found)


def found_rows(found: FoundPerson) -> Iterator[Row]:
    """The insurance of a person found in a disaster: of each insurer the numbers that a claim needs."""
    for membership in found.memberships:
        yield texts.INSURER, f"{membership.insurer_number} {membership.insurer_name}"
        yield (
            texts.MEMBERSHIP,
            "・".join(filter(None, (membership.symbol, membership.number, membership.branch))),
        )
    if not found.memberships:
        yield texts.INSURER, str(texts.NOTHING_HOLDS)


def _permit(history: History) -> Iterator[Row]:
    """The end comes first: it decides how long the rest counts."""
    if history.permit is not None:
        yield texts.PERMIT_ENDS, consents.ends_at(history.permit.available_until)
        yield texts.CONSENT_BASIS, str(code_texts.BASIS[history.permit.basis])
    for page in list(history.pages.values())[:1]:
        if history.permit is None:
            yield texts.CONSENT_ENDS, consents.ends_at(page.available_until)
            yield texts.CONSENT, str(history.permit_id)


def _show_page(console: Console, resource: HistoryResource, page: HistoryPage) -> None:
    name = code_texts.HISTORY_RESOURCE[resource]
    console.print()
    screen.line(console, f"━━ {name}  {page.from_month} ～ {page.to_month}  {page.total}{texts.ROWS}")
    if isinstance(page, Diagnoses):
        screen.sentences(console, texts.NO_PROVIDER)
    elif not page.total:
        screen.sentences(console, texts.NOTHING_FOUND)
    for text in _lines(page):
        depth = len(text) - len(text.lstrip())
        console.print(Padding(Text(printable(text.lstrip())), (0, 0, 0, depth)))


def _lines(page: HistoryPage) -> Iterator[str]:
    match page:
        case Medications():
            yield from medicines.lines(page)
        case Treatments():
            yield from _each(page.treatments, _treatment)
        case HealthCheckups():
            yield from _each(page.checkups, _checkup)


def _each(rows: Iterable[Record], lines: Callable[[Record], Iterator[str]]) -> Iterator[str]:
    for row in rows:
        yield from lines(row)


def _treatment(row: Treatment) -> Iterator[str]:
    code = f" {row.code}" if row.code else ""
    quantity = f" {row.quantity}" if row.quantity else ""
    times = f" × {row.times}{texts.TIMES}" if row.times is not None else ""
    name = TREATMENT_KINDS[row.kind].ja
    yield f"[{row.row}] {medicines.day(row.on, row.month)}  {name}{code}{quantity}{times}"
    yield f"    {texts.PROVIDER}：{medicines.place(row.institution)}・{code_texts.SETTING[row.setting].ja}"
    yield f"    {source(row)}"


def _checkup(row: HealthCheckup) -> Iterator[str]:
    yield f"[{row.row}] {row.examined_on.isoformat()}  {row.insurer_number}  {medicines.age(row.age_days)}"
    for item in row.items:
        value = " ".join(part for part in (item.value, item.unit, item.value_name) if part)
        yield f"    {item.item_name}：{value or '－'}"
