"""A tap's outcome for people: one word and colour first, then whose insurance, until when, and what to do.

Colour never stands alone, and what could not be checked never looks like "not valid".
"""

from __future__ import annotations

from rich.console import Console
from rich.table import Table
from rich.text import Text

from clinic_terminal.console import words
from clinic_terminal.console.report import headline
from clinic_terminal.console.words import Words
from clinic_terminal.timings import Timings
from clinic_terminal.visit.tap import TapOutcome
from eligibility_api.contract.eligibility import Enrolment
from eligibility_api.contract.errors import ShikakuError


def show(console: Console, outcome: TapOutcome, *, with_timings: bool) -> None:
    """Print the whole outcome."""
    head = headline(outcome)
    console.print(Text(f" {head.mark} {head.word} ", style=f"bold reverse {head.colour}"))
    if outcome.problem is not None:
        _show_problem(console, outcome.problem)
    if outcome.answer is not None:
        _line(console, f"{words.AS_OF}: {outcome.answer.as_of.isoformat()}")
        for enrolment in outcome.answer.results:
            console.print(_enrolment(enrolment))
            console.print()
    if head.advice is not None:
        _sentences(console, head.advice)
    _show_card_and_time(console, outcome)
    if with_timings:
        console.print(_timings(outcome.timings))


_FULL_WIDTH_SPACE, _REPLACEMENT = "\N{IDEOGRAPHIC SPACE}", "\N{REPLACEMENT CHARACTER}"


def printable(text: str) -> str:
    """`text` without anything that could steer a screen: insurers' texts are shown as they came, no more.

    The full-width space between family and given name is no such thing, though Python calls it unprintable.
    """
    return "".join(
        character if character.isprintable() or character == _FULL_WIDTH_SPACE else _REPLACEMENT
        for character in text
    )


def _show_problem(console: Console, problem: ShikakuError) -> None:
    _sentences(console, Words(problem.entry.ja, problem.entry.en))
    details = (problem.details.get(name) for name in ("status_word", "pcsc", "request_id"))
    traces = (problem.code, *(str(detail) for detail in details if detail))
    console.print(Text(" ".join(traces), style="dim"))


def _show_card_and_time(console: Console, outcome: TapOutcome) -> None:
    if outcome.registered:
        _line(console, words.REGISTERED)
    if outcome.tries_left is not None:
        _line(console, f"{words.TRIES_LEFT}: {outcome.tries_left}")
    seconds = (outcome.timings.total - outcome.timings.waiting) / 1000
    _line(console, f"{words.ELAPSED}: {seconds:.1f} s")
    if outcome.timings.apdus:
        _line(console, words.TAKE_CARD)


def _line(console: Console, text: Words | str) -> None:
    console.print(Text(str(text)))


def _sentences(console: Console, sentences: Words) -> None:
    """Longer text: each language on lines of its own."""
    _line(console, sentences.ja)
    _line(console, sentences.en)


def _enrolment(enrolment: Enrolment) -> Table:
    table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    for label, value in _fields(enrolment):
        table.add_row(Text(str(label), style="dim"), Text(printable(value)))
    return table


def _fields(enrolment: Enrolment) -> list[tuple[Words, str]]:
    sex, relationship = words.SEX[enrolment.sex], words.RELATIONSHIP[enrolment.relationship]
    membership = (enrolment.symbol, enrolment.number, enrolment.branch)
    lost_on = enrolment.lost_on.isoformat() if enrolment.lost_on else ""
    rows = [
        (words.INSURER, f"{enrolment.insurer_number} {enrolment.insurer_name}"),
        (words.MEMBERSHIP, f"{' ・ '.join(part for part in membership if part)} {relationship}"),
        (words.NAME, f"{enrolment.name} （{enrolment.name_kana or '－'}） {sex}"),
        (words.BIRTH_DATE, enrolment.birth_date.isoformat()),
        (words.INSURED_DAYS, f"{enrolment.acquired_on.isoformat()} ～ {lost_on}"),
    ]
    if enrolment.lost_on is not None:
        reason = words.REASON_OF_LOSS[enrolment.reason_of_loss] if enrolment.reason_of_loss else "－"
        rows.append((words.LOSS, f"{lost_on} {reason}"))
    if enrolment.address is not None:
        rows.append((words.ADDRESS, f"{enrolment.postal_code or ''} {enrolment.address}".strip()))
    return rows


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
