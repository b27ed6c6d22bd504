"""The test persons as the sandbox's console lists them: what each shows, her card, the answers that she gets now."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from shikaku.persons.answers import expected_answer, number_request
from shikaku.persons.dataset import Dataset
from shikaku.persons.person import Person, Question


def listing(data: Dataset, pin: str) -> dict[str, Any]:
    """Everybody, with the PIN of every card."""
    return {
        "pin": pin,
        "persons": [
            _person(data, theme, person) for theme, persons in data.groups.items() for person in persons
        ],
    }


def _person(data: Dataset, theme: tuple[str, str], person: Person) -> dict[str, Any]:
    return {
        "id": person.id,
        "theme": theme,
        "purpose": person.purpose,
        "name": person.name,
        "kana": person.kana,
        "birth_date": person.birth_date,
        "card": person.card_file.removesuffix(".json") if person.has_card else None,
        "questions": list(_questions(data, person)),
    }


def _questions(data: Dataset, person: Person) -> Iterator[dict[str, Any]]:
    """The questions that can be asked after the person's changes, of a registered stack."""
    for question in person.questions:
        if question.when == "after" and question.known is None:
            yield _question(data, person, question)


def _question(data: Dataset, person: Person, question: Question) -> dict[str, Any]:
    by_number = question.by == "number"
    return {
        "by": question.by,
        "answer": question.validity or question.problem,
        "as_of": question.as_of,
        "note": question.note,
        "request": number_request(data, person, question) if by_number else None,
        "expected": expected_answer(data, person, question) if question.validity else None,
    }
