"""A history for people, at 80 columns and without colour: until when it may be looked at, then kind by kind.

Medicines stand by ingredient or day, not by claim; a duplicate is marked in words, with the rows that it meets.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from clinic_terminal.console import code_words, consents, medicines, screen, words
from clinic_terminal.console import history_words as say
from clinic_terminal.console.history_report import headline as history_headline
from clinic_terminal.console.insurance import Row, with_kana
from clinic_terminal.console.medicines import source
from clinic_terminal.console.printable import printable
from clinic_terminal.console.report import headline
from clinic_terminal.desk.history import History
from eligibility_api.contract.claim_codes import ACTS
from eligibility_api.contract.eligibility import EligibilityAnswer
from eligibility_api.contract.history import (
    Diagnoses,
    Diagnosis,
    HealthCheckup,
    HealthCheckups,
    HistoryPage,
    HistoryResource,
    Medications,
    Treatment,
    Treatments,
)

Told = TypeVar("Told")


def show_history(console: Console, history: History, *, with_timings: bool) -> None:
    """Who it is, until when it may be looked at, what was found; what stood in the way; the notice at the end."""
    identified = history.identified
    if identified is not None and history.permit_id is None and history.problem is None:
        screen.show(console, identified, with_timings=with_timings)
    else:
        if identified is not None and identified.answer is not None:
            console.print(screen.badge(headline(identified)))
            console.print(screen.table(_person(identified.answer)))
        _show_look(console, history)
        screen.show_elapsed(console, history.timings, with_timings=with_timings)


def _show_look(console: Console, history: History) -> None:
    console.print(screen.badge(history_headline(history)))
    console.print(screen.table(_permit(history)))
    for look_up, page in history.pages.items():
        _show_page(console, look_up, page)
    if history.problem is not None:
        screen.show_problem(console, history.problem)
    if history.permit is not None:
        screen.line(console, f"！{history.permit.notice}")


def _person(answer: EligibilityAnswer) -> Iterator[Row]:
    for result in answer.results[:1]:
        sex = code_words.SEX[result.sex]
        yield words.NAME, f"{with_kana(result.name, result.name_kana)} {sex}"
        yield words.BIRTH_DATE, result.birth_date.isoformat()


def _permit(history: History) -> Iterator[Row]:
    """The end comes first: it decides how long the rest counts."""
    if history.permit is not None:
        yield say.PERMIT_ENDS, consents.ends_at(history.permit.available_until)
        yield words.CONSENT_BASIS, str(code_words.BASIS[history.permit.basis])
    for page in list(history.pages.values())[:1]:
        if history.permit is None:
            yield words.CONSENT_ENDS, consents.ends_at(page.available_until)
            yield words.CONSENT, str(history.permit_id)


def _show_page(console: Console, look_up: HistoryResource, page: HistoryPage) -> None:
    head = f"{code_words.LOOK_UP[look_up]}  {page.from_month} ～ {page.to_month}  {page.total} {say.ROWS}"
    console.print()
    screen.line(console, f"━━ {head}")
    if not page.total:
        screen.line(console, str(say.NOTHING))
    for text in _lines(page):
        depth = len(text) - len(text.lstrip())
        console.print(Padding(Text(printable(text.lstrip())), (0, 0, 0, depth)))


def _lines(page: HistoryPage) -> Iterator[str]:
    match page:
        case Medications():
            yield from medicines.lines(page)
        case Treatments():
            yield from _each(page.treatments, _treatment)
        case Diagnoses():
            yield from _each(page.diagnoses, _diagnosis)
        case HealthCheckups():
            yield from _each(page.checkups, _checkup)


def _each(rows: Iterable[Told], lines: Callable[[Told], Iterator[str]]) -> Iterator[str]:
    for row in rows:
        yield from lines(row)


def _treatment(row: Treatment) -> Iterator[str]:
    act = f"{ACTS.get(row.act, row.act)} " if row.act else ""
    quantity = f" {row.quantity}" if row.quantity else ""
    times = f" × {row.times}{say.TIMES}" if row.times is not None else ""
    yield f"[{row.row}] {medicines.day(row.on, row.month)}  {act}{row.code}{quantity}{times}"
    yield f"    {say.GIVEN}: {medicines.place(row.institution)} ・ {code_words.SETTING[row.setting]}"
    yield f"    {source(row)}"


def _diagnosis(row: Diagnosis) -> Iterator[str]:
    parts = [row.code, row.name or "", *row.modifiers, str(say.MAIN) if row.main else ""]
    yield f"[{row.row}] {row.month}  {' '.join(part for part in parts if part)}"
    began = f"{say.BEGAN}: {row.began_on.isoformat()}" if row.began_on else ""
    outcome = str(code_words.OUTCOME_OF_DISEASE.get(row.outcome, row.outcome)) if row.outcome else ""
    yield f"    {' ・ '.join(part for part in (began, outcome, medicines.place(row.institution)) if part)}"
    yield f"    {source(row)}"


def _checkup(row: HealthCheckup) -> Iterator[str]:
    yield f"[{row.row}] {row.examined_on.isoformat()}  {row.insurer_number}  {medicines.age(row.age_days)}"
    for item in row.items:
        value = " ".join(part for part in (item.value, item.unit, item.value_name) if part)
        yield f"    {item.item_name}: {value or '－'}"
