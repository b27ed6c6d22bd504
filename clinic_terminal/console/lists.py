"""Lists for people: appointments and reference numbers, a row each."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from clinic_terminal.bilingual import Bilingual
from clinic_terminal.console import insurance, outcomes, screen, texts
from clinic_terminal.console.printable import printable
from clinic_terminal.errors import SHOWN_CATALOGUE
from clinic_terminal.queries.appointments import Appointment, Appointments
from clinic_terminal.queries.burden import is_burden_missing
from clinic_terminal.queries.references import REGISTERED, Reference, References
from eligibility_api.contract.eligibility import EligibilityAnswer


def show_appointments(console: Console, appointments: Appointments) -> None:
    """Each appointment with its headline, its tag, and the fund's answer."""
    if appointments.problem is not None:
        console.print(screen.badge(outcomes.of_problem(appointments.problem)))
        screen.show_problem(console, appointments.problem)
    elif not appointments.is_done:
        screen.sentences(console, texts.BATCH_PROCESSING)
    table = screen.folding_table(3)
    for row in appointments.rows:
        head = outcomes.CHANGE_STATUS[row.status]
        table.add_row(screen.badge(head), Text(printable(row.tag)), _lines(_details(row)))
    console.print(table)


def show_references(console: Console, references: References) -> None:
    """Each number with its outcome."""
    if references.problem is not None:
        console.print(screen.badge(outcomes.of_problem(references.problem)))
        screen.show_problem(console, references.problem)
    for row in references.rows:
        first, *rest = _outcome(row)
        screen.line(console, f"{row.reference_number}  {first}")
        for text in rest:
            screen.line(console, f"    {text}")


def _lines(details: list[str]) -> Text:
    return Text("\n").join(Text(printable(text)) for text in details)


def _details(row: Appointment) -> list[str]:
    if row.answer is None:
        return _sentences(row.code)
    details = [str(outcomes.VALIDITY[row.answer.validity].text)]
    for result in row.answer.results if isinstance(row.answer, EligibilityAnswer) else ():
        details.append(f"{result.insurer_name} {insurance.period(result.acquired_on, result.lost_on)}")
        if is_burden_missing(result):
            details += [texts.BURDEN_MISSING.ja, texts.BURDEN_MISSING.en]
    return details


def _outcome(row: Reference) -> list[str]:
    return [str(texts.REGISTERED_REFERENCE)] if row.outcome == REGISTERED else _sentences(row.outcome)


def _sentences(code: str | None) -> list[str]:
    """The catalogue's sentences; a code of a later version of the interface is shown as it is."""
    entry = SHOWN_CATALOGUE.get(code or "")
    return Bilingual(entry.ja, entry.en).lines.split("\n") if entry else [code or "－"]
