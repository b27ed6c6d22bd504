"""A visit as the desk shows it: one of five states first, then what to do, then the data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from clinic_terminal.bilingual import Bilingual, exhaustive
from clinic_terminal.console import consents, insurance, outcomes, texts
from clinic_terminal.console.days import day_text
from clinic_terminal.console.insurance import Item
from clinic_terminal.console.notices import ended_notice, renewal_notice
from clinic_terminal.errors import TerminalError
from clinic_terminal.pages.desk.differences import Difference, differences, is_newest
from clinic_terminal.queries.burden import is_burden_missing
from clinic_terminal.store.records import Chart, Permit, StoredMembership, Visit
from eligibility_api.contract.codes import Validity
from eligibility_api.contract.eligibility import EligibilityAnswer
from eligibility_api.contract.errors import CatalogueEntry
from eligibility_api.contract.member_items import Enrolment


@dataclass(frozen=True, slots=True)
class Shape:
    """One of the five states: its class of colours, its icon, and the key of its word in lists."""

    kind: str
    icon: str

    @property
    def word(self) -> str:
        """The key of the word in lists."""
        return f"state.{self.kind}"


UNKNOWN = Shape("unknown", "unknown")
"""Of every visit without an answer: never filled, never red."""

SHAPES = exhaustive(
    Validity,
    {
        Validity.VALID: Shape("valid", "valid"),
        Validity.VALID_UNREGISTERED: Shape("valid", "valid"),
        Validity.INVALID: Shape("invalid", "invalid"),
        Validity.INVALID_NEWER_EXISTS: Shape("invalid", "invalid"),
        Validity.NOT_FOUND: Shape("none", "none"),
        Validity.AMBIGUOUS: Shape("several", "several"),
    },
)

_OF_THE_PERSON = frozenset(
    text.ja
    for text in (
        texts.NAME,
        texts.ALIAS,
        texts.SEX,
        texts.SEX_ON_CERTIFICATE,
        texts.BIRTH_DATE,
        texts.INSURED_NAME,
    )
)
_FIRST = (
    texts.BURDEN,
    texts.LIMIT,
    texts.LIMIT_CERTIFICATE,
    texts.LIMIT_DAYS,
    texts.LONG_TERM,
    texts.LOST_ON,
)


def shape_of(visit: Visit) -> Shape:
    """The state of a visit."""
    return SHAPES[visit.answer.validity] if visit.answer is not None else UNKNOWN


@dataclass(frozen=True, slots=True)
class Result:
    """One entitlement: the person, and the other items with what is paid first. `number`: from 0."""

    number: int
    enrolment: Enrolment
    age: int
    person: list[Item]
    facts: list[Item]
    chosen: bool


@dataclass(frozen=True, slots=True)
class VisitView:
    """Everything that the detail of a visit shows, in its order.

    `asked`: the numbers that were asked with, where nobody is shown. `problem`: the catalogue's entry where there is no
    answer. `tell`: a sentence for the patient. `newest`: the id of a later visit of the person, if there is one.
    `unkept`: the catalogue's entry if the store could not keep it.
    """

    visit: Visit
    shape: Shape
    word: Bilingual
    advice: Bilingual | None
    asked: Sequence[Item]
    problem: CatalogueEntry | None
    tell: Bilingual | None
    cautions: Sequence[Bilingual]
    ladder: bool
    results: Sequence[Result]
    differences: Sequence[Difference]
    permits: Sequence[tuple[Bilingual, Permit]]
    newest: str | None = None
    unkept: CatalogueEntry | None = None

    @property
    def may_ask_again(self) -> bool:
        """Whether numbers are known with which the question can be repeated."""
        return membership_of(self.visit) is not None


def view(visit: Visit, chart: Chart | None, permits: Sequence[Permit], today: date) -> VisitView:
    """The view of a visit that has its answer, or the reason why there is none."""
    answer = visit.answer
    if answer is None:
        problem = TerminalError(visit.code or "fund-unreadable")
        head = outcomes.of_problem(problem)
    else:
        problem, head = None, outcomes.VALIDITY[answer.validity]
    results = list(answer.results) if answer is not None else []
    return VisitView(
        visit=visit,
        shape=shape_of(visit),
        word=head.text,
        advice=head.advice,
        asked=_asked(visit.asked) if visit.asked is not None and not results else (),
        problem=problem.entry if problem is not None else None,
        tell=ended_notice(results[0]) if head.ended and results else None,
        cautions=_cautions(answer) if answer is not None and not head.ended else (),
        ladder=head.alternatives,
        results=[
            _result(number, one, visit, today, holds=not head.ended) for number, one in enumerate(results)
        ],
        differences=differences(visit, chart),
        permits=[(consents.name(category), one) for one in permits for category in one.categories],
        newest=chart.newest if chart is not None and not is_newest(visit, chart) else None,
    )


def membership_of(visit: Visit) -> dict[str, object] | None:
    """The numbers with which the question of a visit is repeated: those asked with, else those answered."""
    if visit.asked is not None:
        return visit.asked.model_dump()
    enrolment = visit.enrolment
    if enrolment is None:
        return None
    names = ("insurer_number", "symbol", "number", "branch", "birth_date")
    return {name: getattr(enrolment, name) for name in names}


def mark_of(visit: Visit, changed: int) -> str | None:
    """The key of the mark in the list: to ask about, or changed."""
    if visit.answer is not None and any(
        is_burden_missing(one) and not outcomes.VALIDITY[visit.answer.validity].ended
        for one in visit.answer.results
    ):
        return "mark.ask"
    return "mark.changed" if changed else None


def needs_attention(visit: Visit) -> bool:
    """Whether somebody has to act: every state but a valid one, and a ratio that is missing."""
    return shape_of(visit).kind != "valid" or mark_of(visit, 0) is not None


def _cautions(answer: EligibilityAnswer) -> list[Bilingual]:
    found = [texts.BURDEN_MISSING for one in answer.results if is_burden_missing(one)][:1]
    if answer.certificate_renewal is not None:
        found.append(renewal_notice(answer.certificate_renewal))
    return found


def _result(number: int, enrolment: Enrolment, visit: Visit, today: date, *, holds: bool) -> Result:
    found = insurance.items(enrolment, holds=holds)
    person: list[Item] = []
    facts: list[Item] = []
    for item in _labelled(found):
        (person if item.label is not None and item.label.ja in _OF_THE_PERSON else facts).append(item)
    return Result(
        number,
        enrolment,
        _age(enrolment.birth_date, today),
        [one for one in person if one.label not in (texts.NAME, texts.SEX, texts.BIRTH_DATE)],
        sorted(facts, key=_place),
        visit.enrolment is not None and number == (visit.chosen or 0),
    )


def _asked(numbers: StoredMembership) -> list[Item]:
    """What a question was asked with, to be compared with the certificate."""
    membership = "・".join(part for part in (numbers.symbol, numbers.number, numbers.branch) if part)
    found = [
        Item(texts.INSURER, insurance.same(numbers.insurer_number)),
        Item(texts.MEMBERSHIP, insurance.same(membership)),
    ]
    if (born := numbers.birth_date) is not None:
        found.append(Item(texts.BIRTH_DATE, Bilingual(day_text(born), born.isoformat())))
    return found


def _labelled(found: Sequence[Item]) -> list[Item]:
    """The items with the label of the one above where they continue it."""
    label, labelled = None, []
    for item in found:
        label = item.label or label
        labelled.append(Item(label, item.value, item.is_sentence))
    return labelled


def _place(item: Item) -> int:
    """Where an item stands: what the patient pays comes first, all others keep their order."""
    return _FIRST.index(item.label) if item.label in _FIRST else len(_FIRST)


def _age(born: date, on: date) -> int:
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))
