"""The test persons' data: complete, visibly synthetic, and sent and answered in the forms of the contract on any day."""

from __future__ import annotations

from collections import Counter
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from demo.house import INSTITUTION_CODE
from demo.persons.answers import answer, number_question
from demo.persons.document import DOCUMENT, document
from demo.persons.person import INSTITUTIONS, Asked, Person
from demo.persons.residents import persons
from demo.persons.stage import Stage, stage
from eligibility_api.contract.codes import CertificateKind, LimitClass, Validity
from eligibility_api.contract.eligibility import Enrolment, NumberCheckRequest
from eligibility_api.contract.enrolment import CorrectionRequest, EnrolmentRequest
from eligibility_api.contract.errors import CATALOGUE
from eligibility_api.contract.tickets import GivenTicket
from eligibility_api.domain.eligibility import check_day
from jpki_mock.cli.residents import ResidentWithCard
from tests.depth import DEEP

DATA = stage()
STORY_DAYS = st.dates(date(2025, 1, 1), date(2037, 12, 31))
"""Days on which ages that are written as birth dates are still what they are written for."""

QUESTIONS = [asked for person in DATA.persons for asked in person.asked]
SYNTHETIC = ("試験", "見本", "架空", "ＭＩＨＯＮ")

on_any_day = settings(max_examples=200 if DEEP else 30)


def enrolments(data: Stage) -> list[dict[str, object]]:
    return [
        data.enrolment(person, of, when)
        for person in data.persons
        for of in range(1, len(person.enrolled) + 1)
        for when in ("before", "after")
    ]


def test_ids_are_numbered_in_order_and_each_says_what_it_shows() -> None:
    assert [person.number for person in DATA.persons] == list(range(1, len(DATA.persons) + 1))
    assert len(DATA.persons) >= 40
    assert all(all(person.shows) for person in DATA.persons)


def test_every_person_is_visibly_synthetic() -> None:
    assert [p.id for p in DATA.persons if not p.name.startswith(SYNTHETIC)] == []
    assert [i.number for i in DATA.insurers.values() if not i.name.startswith(("架空", "見本"))] == []


@pytest.mark.parametrize("validity", Validity)
def test_each_validity_is_answered(validity: Validity) -> None:
    assert validity in {asked.validity for asked in QUESTIONS}


@pytest.mark.parametrize("kind", CertificateKind)
def test_each_certificate_kind_is_there(kind: CertificateKind) -> None:
    assert kind in {items["certificate_kind"] for items in enrolments(DATA)}


@pytest.mark.parametrize("limit_class", LimitClass)
def test_each_limit_class_is_shown(limit_class: LimitClass) -> None:
    shown = {
        DATA.enrolment(person, one.of)["limit_certificate"]["limit_class"]
        for person in DATA.persons
        for asked in person.asked
        for one in asked.results
        if one.limit
    }
    assert limit_class in shown


@pytest.mark.parametrize("ratio", [10, 20, 30, None])
@pytest.mark.parametrize("insurer", ["late_elderly", "any other"])
def test_each_burden_ratio_is_expected_and_so_is_its_absence(insurer: str, ratio: int | None) -> None:
    ratios: Counter[tuple[bool, object]] = Counter()
    for person in DATA.persons:
        for one in (one for asked in person.asked for one in asked.results if one.burden_expected):
            items = DATA.enrolment(person, one.of)
            elderly = items["elderly_certificate"] or {}
            late = person.enrolled[one.of - 1].insurer == "late_elderly"
            ratios[late, items["burden_ratio"] or elderly.get("burden_ratio")] += 1
    assert ratios[insurer == "late_elderly", ratio]


def test_a_question_has_either_an_answer_or_a_problem_of_the_catalogue() -> None:
    assert all((asked.validity is None) != (asked.problem is None) for asked in QUESTIONS)
    assert {asked.problem for asked in QUESTIONS} - {None} <= CATALOGUE.keys()


def test_the_clinic_that_asks_is_the_houses() -> None:
    assert INSTITUTIONS["here"]["institution_code"] == INSTITUTION_CODE


@on_any_day
@given(STORY_DAYS)
def test_members_corrections_and_tickets_can_be_sent_on_any_day(today: date) -> None:
    data = stage(today)
    for items in enrolments(data):
        EnrolmentRequest.model_validate(items)
    for person in data.persons:
        for of, enrolled in enumerate(person.enrolled, start=1):
            CorrectionRequest.model_validate(data.correction(person, of))
            for ticket in enrolled.tickets:
                GivenTicket.model_validate(data.ticket(person, of, ticket))


@on_any_day
@given(STORY_DAYS)
def test_residents_are_taken_by_jlis_on_any_day(today: date) -> None:
    for line in persons(stage(today), "4321"):
        person = ResidentWithCard.model_validate(line)
        if person.card is not None:
            person.card.order(person.resident_id)


@on_any_day
@given(STORY_DAYS)
def test_questions_can_be_asked_and_answers_are_whole_on_any_day(today: date) -> None:
    data = stage(today)
    for person in data.persons:
        for asked in person.asked:
            if asked.by == "number":
                NumberCheckRequest.model_validate(number_question(data, person, asked))
            if asked.problem != "as-of-out-of-range":
                check_day(date.fromisoformat(asked.as_of or data.today), today)
            check_results(data, person, asked)


def check_results(data: Stage, person: Person, asked: Asked) -> None:
    """Every field of the contract is there, in the form in which it travels."""
    for result in answer(data, person, asked)["results"]:
        assert result == TypeAdapter(Enrolment).validate_python(result).model_dump(mode="json")


def test_the_page_is_made_from_the_data() -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == document(DATA), "run: python -m demo.persons.document"
