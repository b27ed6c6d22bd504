"""What the sandbox's console is given of the test persons."""

from __future__ import annotations

import json
from datetime import date

from shikaku.persons.dataset import load_dataset
from shikaku.persons.listing import listing

DATA = load_dataset(date(2026, 11, 30))
LISTED = listing(DATA, "4321")


def test_all_persons_are_listed_in_order_with_what_they_show() -> None:
    assert [one["id"] for one in LISTED["persons"]] == [person.id for person in DATA.persons]
    assert LISTED["pin"] == "4321"
    for one, person in zip(LISTED["persons"], DATA.persons, strict=True):
        assert (one["purpose"], one["name"]) == (person.purpose, person.name)
        assert (one["card"] is not None) is person.has_card


def test_only_questions_about_the_present_state_are_listed() -> None:
    listed = [question for one in LISTED["persons"] for question in one["questions"]]
    present = [
        question
        for person in DATA.persons
        for question in person.questions
        if question.when == "after" and not question.known
    ]
    assert len(listed) == len(present) > 100
    assert all(question["answer"] for question in listed)


def test_the_list_is_json() -> None:
    assert json.loads(json.dumps(LISTED)) == json.loads(json.dumps(LISTED, ensure_ascii=False))
