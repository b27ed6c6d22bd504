"""The test persons of a sandbox, found by a text and by the answer that somebody wants to see."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

Asked = Literal["card", "visual-check", "number"]


class Question(BaseModel):
    """A question about a person and its answer: a validity (OQSCD019), or the code of a problem.

    `request`: the body of a look-up by number. `expected`: the complete answer, without what cannot be known before.
    """

    model_config = ConfigDict(frozen=True)
    by: Asked
    answer: str
    as_of: str | None
    note: tuple[str, str] | None
    request: dict[str, Any] | None
    expected: dict[str, Any] | None


class Person(BaseModel):
    """A test person. Pairs are Japanese and English. `card`: the name of her card, if she has one."""

    model_config = ConfigDict(frozen=True)
    id: str
    theme: tuple[str, str]
    purpose: tuple[str, str]
    name: str
    kana: str
    birth_date: str
    card: str | None
    questions: tuple[Question, ...]

    def answers(self, asked: str = "") -> list[str]:
        """Her answers to questions of a kind, or to all; each once."""
        found = [question.answer for question in self.questions if asked in ("", question.by)]
        return list(dict.fromkeys(found))


class Persons(BaseModel):
    """Everybody, as the stack writes them, with the PIN of every card."""

    model_config = ConfigDict(frozen=True)
    pin: str
    persons: tuple[Person, ...]

    @classmethod
    def read(cls, file: Path) -> Persons:
        """Read the file. Raises OSError, and pydantic's ValidationError."""
        return cls.model_validate_json(file.read_bytes())

    def answers(self) -> list[str]:
        """Every answer that somebody gets: validities first, then problems."""
        found = {answer for person in self.persons for answer in person.answers()}
        return sorted(found, key=lambda answer: (not answer.isdecimal(), answer))

    def find(self, text: str = "", answer: str = "", asked: str = "") -> Sequence[Person]:
        """The persons in whose texts every word occurs, and who get this answer, asked in this way; empty: any."""
        words = _folded(text).split()
        return [
            person
            for person in self.persons
            if all(word in _texts(person) for word in words)
            and (person.answers(asked) if asked else True)
            and (not answer or answer in person.answers(asked))
        ]


def _texts(person: Person) -> str:
    return _folded("\n".join((person.id, person.name, person.kana, *person.theme, *person.purpose)))


def _folded(text: str) -> str:
    """A text in which width and case make no difference."""
    return unicodedata.normalize("NFKC", text).casefold()
