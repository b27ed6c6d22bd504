"""Many rows for people: appointments, and reference numbers. A line each, what is to do first."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table
from rich.text import Text

from clinic_terminal.console import headlines, insurance, screen, words
from clinic_terminal.console.printable import printable
from clinic_terminal.desk.appointments import Appointment, Appointments
from clinic_terminal.desk.references import REGISTERED, Reference, References
from eligibility_api.contract.eligibility import EligibilityAnswer
from eligibility_api.contract.errors import CATALOGUE


def show_appointments(console: Console, appointments: Appointments) -> None:
    """Each appointment with its mark and word, its tag, and what the fund said."""
    if appointments.problem is not None:
        console.print(screen.badge(headlines.of_problem(appointments.problem)))
        screen.show_problem(console, appointments.problem)
    elif not appointments.is_done:
        screen.sentences(console, words.BATCH_PROCESSING)
    table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    for row in appointments.rows:
        head = headlines.STANDING[row.standing]
        table.add_row(screen.badge(head), Text(printable(row.tag)), _lines(_said(row)))
    console.print(table)


def show_references(console: Console, references: References) -> None:
    """Each number with what became of it."""
    if references.problem is not None:
        console.print(screen.badge(headlines.of_problem(references.problem)))
        screen.show_problem(console, references.problem)
    for row in references.rows:
        screen.line(console, f"{row.reference_number}  {_became(row)}")


def _lines(texts: list[str]) -> Text:
    return Text("\n").join(Text(printable(text)) for text in texts)


def _said(row: Appointment) -> list[str]:
    if row.answer is None:
        return [_sentence(row.code)]
    said = [str(headlines.VALIDITY[row.answer.validity].word)]
    for result in row.answer.results if isinstance(row.answer, EligibilityAnswer) else ():
        said.append(f"{result.insurer_name} {insurance.period(result.acquired_on, result.lost_on)}")
        if insurance.is_burden_missing(result):
            said.append(f"{words.BURDEN}: {words.BURDEN_MISSING}")
    return said


def _became(row: Reference) -> str:
    return str(words.REGISTERED_REFERENCE) if row.outcome == REGISTERED else _sentence(row.outcome)


def _sentence(code: str | None) -> str:
    """The catalogue's sentences; a code of a later version of the interface is shown as it is."""
    entry = CATALOGUE.get(code or "")
    return f"{entry.ja} / {entry.en}" if entry else code or "－"
