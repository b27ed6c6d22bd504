"""An outcome for people: one word and colour first, then whose insurance, until when, and what to do.

Colour never stands alone, and what could not be checked never looks like "not valid".
"""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console
from rich.table import Table
from rich.text import Text

from clinic_terminal.console import consents, insurance, words
from clinic_terminal.console.headlines import Headline
from clinic_terminal.console.insurance import Row
from clinic_terminal.console.printable import printable
from clinic_terminal.console.report import consent_headline, headline
from clinic_terminal.console.words import Words
from clinic_terminal.desk.ask import AskOutcome
from clinic_terminal.outcome import Outcome
from clinic_terminal.timings import Timings
from clinic_terminal.visit.consent import ConsentOutcome
from clinic_terminal.visit.tap import TapOutcome
from eligibility_api.contract.codes import Validity
from eligibility_api.contract.eligibility import EligibilityAnswer, Enrolment
from eligibility_api.contract.errors import ShikakuError

_ENDED = frozenset({Validity.INVALID, Validity.INVALID_NEWER_EXISTS})


def show(console: Console, outcome: Outcome, *, with_timings: bool) -> None:
    """Print the whole outcome."""
    head = headline(outcome)
    console.print(badge(head))
    if outcome.problem is not None:
        show_problem(console, outcome.problem)
    if isinstance(outcome, AskOutcome) and outcome.known_at is not None:
        line(console, f"{words.KNOWN_AT}: {outcome.known_at.isoformat()}")
    if outcome.answer is not None:
        _show_answer(console, outcome.answer)
    _show_what_to_do(console, head)
    if isinstance(outcome, TapOutcome) and outcome.consent is not None:
        show_consent(console, outcome.consent)
    if isinstance(outcome, TapOutcome):
        _show_card(console, outcome)
    show_elapsed(console, outcome.timings, with_timings=with_timings)


def badge(head: Headline) -> Text:
    """Mark and word on the colour."""
    return Text(f" {head.mark} {head.word} ", style=f"bold reverse {head.colour}")


def show_problem(console: Console, problem: ShikakuError) -> None:
    """The catalogue's sentences, when to try again, the places at fault, and what helps whoever is called."""
    sentences(console, Words(problem.entry.ja, problem.entry.en))
    if problem.retry_after is not None:
        line(console, f"{words.TRY_AGAIN_IN}: {problem.retry_after} s")
    for fault in problem.details.get("errors", ()):
        line(console, f"{fault['place']}: {fault['rule']}")
    details = (problem.details.get(name) for name in ("status_word", "pcsc", "request_id"))
    traces = (problem.code, *(str(detail) for detail in details if detail))
    console.print(Text(" ".join(traces), style="dim"))


def show_consent(console: Console, consent: ConsentOutcome) -> None:
    """What became of a consent that the desk asked for."""
    console.print(badge(consent_headline(consent)))
    if consent.problem is not None:
        show_problem(console, consent.problem)
    if consent.answer is not None:
        console.print(table(consents.rows(consent.answer)))


def show_elapsed(console: Console, timings: Timings, *, with_timings: bool) -> None:
    """The seconds that were not a person's, and to take the card where there was one."""
    line(console, f"{words.ELAPSED}: {(timings.total - timings.waiting) / 1000:.1f} s")
    if timings.apdus:
        line(console, words.TAKE_CARD)
    if with_timings:
        console.print(_timings(timings))


def line(console: Console, text: Words | str) -> None:
    """One line, nothing in which steers the screen."""
    console.print(Text(printable(str(text))))


def sentences(console: Console, text: Words) -> None:
    """Longer text: each language on lines of its own."""
    line(console, text.ja)
    line(console, text.en)


def _show_answer(console: Console, answer: EligibilityAnswer) -> None:
    line(console, f"{words.AS_OF}: {answer.as_of.isoformat()}")
    if answer.reference_number is not None:
        line(console, f"{words.REFERENCE_NUMBER}: {answer.reference_number}")
    holds = answer.validity not in _ENDED
    for enrolment in answer.results:
        console.print(table(insurance.rows(enrolment, holds=holds)))
        console.print()
        if not holds:
            sentences(console, _to_tell_the_patient(enrolment))


def table(rows: Iterable[Row]) -> Table:
    """Labels and values, nothing in which steers the screen."""
    shown = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    for label, value in rows:
        shown.add_row(Text(str(label), style="dim"), Text(printable(value)))
    return shown


def _to_tell_the_patient(ended: Enrolment) -> Words:
    insurer, day = ended.insurer_name, ended.lost_on
    if day is None:
        return Words(
            f"患者さんへ：{insurer}の資格は、なくなっています。",
            f"To the patient: the insurance with {insurer} has ended.",
        )
    return Words(
        f"患者さんへ：{insurer}の資格は、{day.isoformat()}に喪失しています。",
        f"To the patient: the insurance with {insurer} ended; {day.isoformat()} is the first day without it.",
    )


def _show_what_to_do(console: Console, head: Headline) -> None:
    if head.advice is not None:
        sentences(console, head.advice)
    if head.ladder:
        line(console, f"{words.LADDER_HEAD}:")
        for number, step in enumerate(words.LADDER, start=1):
            line(console, f"  {number}. {step}")


def _show_card(console: Console, outcome: TapOutcome) -> None:
    if outcome.registered:
        line(console, words.REGISTERED)
    if outcome.tries_left is not None:
        line(console, f"{words.TRIES_LEFT}: {outcome.tries_left}")


def _timings(timings: Timings) -> Table:
    table = Table("", "ms", box=None, padding=(0, 2, 0, 0))
    for name, milliseconds in timings.steps.items():
        table.add_row(name, f"{milliseconds:.1f}")
    shares = {
        "total": timings.total,
        "waiting for people": timings.waiting,
        f"card ({timings.apdus} APDUs)": timings.card,
        "network and fund": timings.network,
        "software": timings.software,
    }
    for name, milliseconds in shares.items():
        table.add_row(Text(name, style="bold"), f"{milliseconds:.1f}")
    return table
