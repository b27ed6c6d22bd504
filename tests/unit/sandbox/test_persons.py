"""Test persons are found by text and by the answer wanted; for every answer there is somebody."""

from __future__ import annotations

import pytest

from clinic_terminal.errors import CATALOGUE as TERMINAL_CATALOGUE
from eligibility_api.contract.codes import Validity
from eligibility_api.contract.errors import CATALOGUE
from tests.builders.console import all_persons

PERSONS = all_persons()


def ids(**wanted: str) -> list[str]:
    return [person.id for person in PERSONS.find(**wanted)]


def test_without_a_wish_all_persons_are_found() -> None:
    assert len(ids()) == len(PERSONS.persons) > 100


def test_every_validity_and_only_known_problems_can_be_wanted() -> None:
    answers = PERSONS.answers()
    assert [answer for answer in answers if answer.isdecimal()] == sorted(Validity)
    problems = {answer for answer in answers if not answer.isdecimal()}
    assert len(problems) > 5
    assert problems <= CATALOGUE.keys() | TERMINAL_CATALOGUE.keys()


@pytest.mark.parametrize("answer", PERSONS.answers())
def test_whoever_is_found_gets_the_answer_wanted(answer: str) -> None:
    found = PERSONS.find(answer=answer)
    assert found
    assert all(answer in [question.answer for question in person.questions] for person in found)


@pytest.mark.parametrize("asked", ["card", "number", "visual-check"])
def test_answer_and_way_of_asking_belong_together(asked: str) -> None:
    found = PERSONS.find(answer="1", asked=asked)
    assert found
    for person in found:
        assert any(question.by == asked and question.answer == "1" for question in person.questions)
    assert len(found) < len(PERSONS.find(answer="1")) or asked == "card"


@pytest.mark.parametrize("text", ["P01", "p01", "Ｐ０１", "  P01-valid "])
def test_width_case_and_spaces_make_no_difference(text: str) -> None:
    assert "P01-valid" in ids(text=text)


def test_every_word_must_occur() -> None:
    assert ids(text="P01 no-such-word") == []
    assert ids(text="P01", answer="2") == []


def test_no_person_gets_an_unknown_answer() -> None:
    assert ids(answer="x") == ids(asked="x") == []


def test_a_question_by_number_has_its_request_and_an_answer_what_is_expected() -> None:
    questions = [question for person in PERSONS.persons for question in person.questions]
    assert questions
    for question in questions:
        assert (question.request is not None) is (question.by == "number")
        assert (question.expected is not None) is question.answer.isdecimal()


def test_a_person_with_a_card_has_its_name() -> None:
    [person] = PERSONS.find(text="P01-valid")
    assert person.card == "P01-valid"
    assert any(one.card is None for one in PERSONS.persons)
