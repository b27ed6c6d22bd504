"""An outcome for people: headline and colour first, then whose insurance, until when, and what to do.

Colour never stands alone, and what could not be checked never looks like "not valid".
"""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console
from rich.table import Table
from rich.text import Text

from clinic_terminal.bilingual import Bilingual
from clinic_terminal.console import consents, insurance, outcomes, texts
from clinic_terminal.console.days import day_text
from clinic_terminal.console.insurance import Row
from clinic_terminal.console.notices import ended_notice, renewal_notice, retry_notice
from clinic_terminal.console.outcomes import Headline
from clinic_terminal.console.printable import printable
from clinic_terminal.console.report import consent_headline, headline
from clinic_terminal.outcome import Outcome
from clinic_terminal.queries.number_lookup import LookupOutcome
from clinic_terminal.timings import Timings
from clinic_terminal.visit.consent import ConsentOutcome
from clinic_terminal.visit.tap import TapOutcome
from eligibility_api.contract.eligibility import EligibilityAnswer
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.contract.member_items import Enrolment


def show(console: Console, outcome: Outcome, *, with_timings: bool) -> None:
    """Print the whole outcome."""
    head = headline(outcome)
    console.print(badge(head))
    if outcome.problem is not None:
        show_problem(console, outcome.problem)
    if isinstance(outcome, LookupOutcome) and outcome.known_at is not None:
        line(console, f"{texts.KNOWN_AT}: {outcome.known_at.isoformat()}")
    if outcome.answer is not None:
        _show_answer(console, outcome.answer)
    _show_advice(console, head)
    if isinstance(outcome, TapOutcome) and outcome.consent is not None:
        show_consent(console, outcome.consent)
    if isinstance(outcome, TapOutcome):
        _show_card(console, outcome)
    show_elapsed(console, outcome.timings, with_timings=with_timings)


def badge(head: Headline) -> Text:
    """Mark and text of a headline on its colour."""
    return Text(f" {head.mark} {head.text} ", style=f"bold reverse {head.colour}")


def show_problem(console: Console, problem: ShikakuError) -> None:
    """Print the sentences of a problem, when to retry, the invalid fields, and codes for support."""
    sentences(console, Bilingual(problem.entry.ja, problem.entry.en))
    if problem.retry_after is not None:
        sentences(console, retry_notice(problem.retry_after))
    for fault in problem.details.get("errors", ()):
        line(console, f"{fault['place']}: {fault['rule']}")
    details = (problem.details.get(name) for name in ("status_word", "pcsc", "request_id", "trace_id"))
    traces = (problem.code, *(str(detail) for detail in details if detail))
    console.print(Text(" ".join(traces), style="dim"))


def show_consent(console: Console, consent: ConsentOutcome) -> None:
    """The result of a consent that was requested."""
    console.print(badge(consent_headline(consent)))
    if consent.problem is not None:
        show_problem(console, consent.problem)
    if consent.answer is not None:
        console.print(table(consents.rows(consent.answer)))


def show_elapsed(console: Console, timings: Timings, *, with_timings: bool) -> None:
    """The seconds without waiting for people, and a reminder to take the card where there was one."""
    seconds = f"{(timings.total - timings.waiting) / 1000:.1f}"
    sentences(console, Bilingual(f"{texts.ELAPSED.ja}：{seconds}秒", f"{texts.ELAPSED.en}: {seconds} s"))
    if timings.apdus:
        line(console, texts.TAKE_CARD)
    if with_timings:
        console.print(_timings(timings))


def line(console: Console, text: Bilingual | str) -> None:
    """One line without control characters."""
    console.print(Text(printable(str(text))))


def sentences(console: Console, text: Bilingual) -> None:
    """A sentence: each language on a line of its own."""
    line(console, text.ja)
    line(console, text.en)


def _show_answer(console: Console, answer: EligibilityAnswer) -> None:
    line(console, f"{texts.AS_OF}: {day_text(answer.as_of)}")
    if answer.reference_number is not None:
        line(console, f"{texts.REFERENCE_NUMBER}: {answer.reference_number}")
    if answer.certificate_renewal is not None:
        sentences(console, renewal_notice(answer.certificate_renewal))
    holds = not outcomes.VALIDITY[answer.validity].ended
    for enrolment in answer.results:
        console.print(table(insurance.rows(enrolment, holds=holds)))
        console.print()
        if not holds:
            sentences(console, _notice_for_patient(enrolment))


def folding_table(columns: int) -> Table:
    """A table without a frame, whose cells are folded: by default a long Japanese sentence is cut off."""
    shown = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    for _ in range(columns):
        shown.add_column(overflow="fold")
    return shown


def table(rows: Iterable[Row]) -> Table:
    """Labels and values without control characters."""
    shown = folding_table(2)
    for label, value in rows:
        shown.add_row(Text("" if label is None else str(label), style="dim"), Text(printable(value)))
    return shown


def _notice_for_patient(ended: Enrolment) -> Bilingual:
    notice = ended_notice(ended)
    return Bilingual(f"{texts.TO_PATIENT.ja}：{notice.ja}", f"{texts.TO_PATIENT.en}: {notice.en}")


def _show_advice(console: Console, head: Headline) -> None:
    if head.advice is not None:
        sentences(console, head.advice)
    if head.alternatives:
        _show_list(console, f"{texts.ALTERNATIVES_HEAD.ja}：", [way.ja for way in texts.ALTERNATIVES])
        _show_list(console, f"{texts.ALTERNATIVES_HEAD.en}:", [way.en for way in texts.ALTERNATIVES])


def _show_list(console: Console, head: str, steps: Iterable[str]) -> None:
    line(console, head)
    for number, step in enumerate(steps, start=1):
        line(console, f"  {number}. {step}")


def _show_card(console: Console, outcome: TapOutcome) -> None:
    if outcome.registered:
        sentences(console, texts.REGISTERED)
    if outcome.tries_left is not None:
        line(console, f"{texts.TRIES_LEFT}: {outcome.tries_left}")


def _timings(timings: Timings) -> Table:
    shown = Table("", "ms", box=None, padding=(0, 2, 0, 0))
    for name, milliseconds in timings.steps.items():
        shown.add_row(name, f"{milliseconds:.1f}")
    for name, label in texts.TIMINGS.items():
        text = f"{label} ({timings.apdus} APDUs)" if name == "card" else str(label)
        shown.add_row(Text(text, style="bold"), f"{getattr(timings, name):.1f}")
    return shown
