"""The test persons' data: complete, visibly synthetic, and valid against the contract on any day."""

from __future__ import annotations

from collections import Counter
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from clinic_terminal.errors import SHOWN_CATALOGUE
from eligibility_api.contract.codes import CertificateKind, LimitClass, Validity
from eligibility_api.contract.eligibility import NumberCheckRequest
from eligibility_api.contract.enrolment import CorrectionRequest, EnrolmentRequest
from eligibility_api.contract.insurer_ops import PaperReason
from eligibility_api.contract.member_items import Enrolment
from eligibility_api.contract.tickets import TicketInput
from eligibility_api.domain.eligibility import check_day
from jpki_mock.cli.residents import ResidentWithCard
from shikaku.persons.answers import expected_answer, number_request
from shikaku.persons.dataset import DATA as FILES
from shikaku.persons.dataset import Dataset, load_dataset, residents
from shikaku.persons.document import DOCUMENT, document
from shikaku.persons.person import INSTITUTIONS, Person, Question
from shikaku.stack import INSTITUTION_CODE
from tests.depth import DEEP, max_examples

DATA = load_dataset()
RUN_DAYS = st.dates(date(2025, 1, 1), date(2037, 12, 31))
"""Days on which persons with fixed birth dates still have the intended ages."""

ENROLMENT = TypeAdapter(Enrolment)
QUESTIONS = [question for person in DATA.persons for question in person.questions]
SYNTHETIC = ("試験", "見本", "架空", "ＭＩＨＯＮ")

on_any_day = max_examples(200 if DEEP else 15)


def test_the_files_of_the_themes_are_numbered_from_1_without_a_gap() -> None:
    numbers = [int(file.name.partition("-")[0]) for file in sorted(FILES.glob("[0-9]*.toml"))]
    assert numbers == [*range(1, len(numbers) + 1)] != []


def enrolments(data: Dataset) -> list[dict[str, object]]:
    return [
        data.enrolment(person, of, when)
        for person in data.persons
        for of in range(1, len(person.enrolments) + 1)
        for when in ("before", "after")
    ]


def test_ids_are_numbered_in_order_and_each_has_a_purpose() -> None:
    numbers = [person.number for person in DATA.persons]
    assert numbers == sorted(set(numbers))
    assert len(DATA.persons) >= 40
    assert all(all(person.purpose) for person in DATA.persons)


def test_every_person_is_visibly_synthetic() -> None:
    assert [p.id for p in DATA.persons if not p.name.startswith(SYNTHETIC)] == []
    assert [i.number for i in DATA.insurers.values() if not i.name.startswith(("架空", "見本"))] == []


def test_the_reason_of_a_paper_is_one_of_the_interface() -> None:
    reasons = {person.paper for person in DATA.persons} - {None, "notice"}
    assert reasons
    assert reasons <= set(PaperReason)


@pytest.mark.parametrize("validity", Validity)
def test_each_validity_is_answered(validity: Validity) -> None:
    assert validity in {question.validity for question in QUESTIONS}


@pytest.mark.parametrize("kind", CertificateKind)
def test_each_certificate_kind_is_there(kind: CertificateKind) -> None:
    assert kind in {items["certificate_kind"] for items in enrolments(DATA)}


@pytest.mark.parametrize("limit_class", LimitClass)
def test_each_limit_class_is_shown(limit_class: LimitClass) -> None:
    shown = {
        DATA.enrolment(person, one.of)["limit_certificate"]["limit_class"]
        for person in DATA.persons
        for question in person.questions
        for one in question.expected_results
        if one.limit
    }
    assert limit_class in shown


@pytest.mark.parametrize("ratio", [10, 20, 30, None])
@pytest.mark.parametrize("insurer", ["late_elderly", "any other"])
def test_each_burden_ratio_is_expected_and_so_is_its_absence(insurer: str, ratio: int | None) -> None:
    ratios: Counter[tuple[bool, object]] = Counter()
    for person in DATA.persons:
        for one in (
            one for question in person.questions for one in question.expected_results if one.burden_expected
        ):
            items = DATA.enrolment(person, one.of)
            elderly = items["elderly_certificate"] or {}
            late = person.enrolments[one.of - 1].insurer == "late_elderly"
            ratios[late, items["burden_ratio"] or elderly.get("burden_ratio")] += 1
    assert ratios[insurer == "late_elderly", ratio]


def test_a_question_has_either_an_answer_or_a_problem_of_the_catalogue() -> None:
    assert all((question.validity is None) != (question.problem is None) for question in QUESTIONS)
    assert {question.problem for question in QUESTIONS} - {None} <= SHOWN_CATALOGUE.keys()


def test_the_asking_clinic_is_the_one_of_the_stack() -> None:
    assert INSTITUTIONS["here"]["institution_code"] == INSTITUTION_CODE


@pytest.mark.slow
@on_any_day
@given(RUN_DAYS)
def test_members_corrections_and_tickets_are_valid_requests_on_any_day(today: date) -> None:
    data = load_dataset(today)
    for items in enrolments(data):
        EnrolmentRequest.model_validate(items)
    for person in data.persons:
        for of, enrolment in enumerate(person.enrolments, start=1):
            CorrectionRequest.model_validate(data.correction(person, of))
            for ticket in enrolment.tickets:
                TicketInput.model_validate(data.ticket(person, of, ticket))


@pytest.mark.slow
@on_any_day
@given(RUN_DAYS)
def test_residents_are_valid_input_of_jlis_on_any_day(today: date) -> None:
    for line in residents(load_dataset(today), "4321"):
        person = ResidentWithCard.model_validate(line)
        if person.card is not None:
            person.card.order(person.resident_id)


@pytest.mark.slow
@on_any_day
@given(RUN_DAYS)
def test_questions_are_valid_requests_and_answers_complete_on_any_day(today: date) -> None:
    data = load_dataset(today)
    for person in data.persons:
        for question in person.questions:
            if question.by == "number":
                NumberCheckRequest.model_validate(number_request(data, person, question))
            if question.problem != "as-of-out-of-range":
                check_day(date.fromisoformat(question.as_of or data.today), today)
            check_results(data, person, question)


def check_results(data: Dataset, person: Person, question: Question) -> None:
    """Assert that every field of the contract is there, in its JSON form."""
    for result in expected_answer(data, person, question)["results"]:
        assert result == ENROLMENT.validate_python(result).model_dump(mode="json")


def test_the_page_is_up_to_date() -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == document(DATA), "run: python -m shikaku.persons.document"
