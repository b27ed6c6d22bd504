"""A membership at the command line."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass, field

import pytest

from clinic_terminal.console.membership_prompts import PipedMembership, TypedMembership
from clinic_terminal.desk.membership import read
from clinic_terminal.outcome import GivenUpError
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.contract.membership import MembershipQuery
from tests.unit.clinic_terminal.builders import MEMBERSHIP

HERS = read(MembershipQuery, MEMBERSHIP)


@dataclass
class Person:
    """Types `answers` one after another; `heard` keeps questions and sentences."""

    answers: list[str]
    heard: list[str] = field(default_factory=list)

    def prompts(self) -> TypedMembership:
        return TypedMembership(self._type, self.heard.append)

    def _type(self, question: str) -> str:
        self.heard.append(question)
        if not self.answers:
            raise EOFError
        return self.answers.pop(0)


def test_each_field_is_asked_for_in_the_order_of_the_certificate() -> None:
    person = Person(["01130012", "12", "345", "0", "S55.2.3"])
    assert person.prompts().membership() == HERS
    assert [question.split(" / ")[1] for question in person.heard] == [
        "Insurer number",
        "Symbol, if any",
        "Number",
        "Branch, if known",
        "Born",
    ]


def test_what_is_at_fault_is_asked_for_again_and_nothing_else() -> None:
    person = Person(["0113001", "12", "345", "", "1980-02-31", "01130012", "1980-02-03"])
    assert person.prompts().membership() == HERS.model_copy(update={"branch": None})
    assert [line.split(" / ")[1] for line in person.heard[5:]] == ["Please check:", "Insurer number", "Born"]


def test_a_my_number_is_told_and_everything_asked_for_again() -> None:
    person = Person(["01130012", "12", "123456789018", "", "1980-02-03", *MEMBERSHIP.values()])
    assert person.prompts().membership() == HERS
    assert "マイナンバー" in person.heard[5]
    assert not any("123456789018" in line for line in person.heard)


def test_the_branch_alone_is_asked_for_where_several_fit() -> None:
    person = Person(["１"])
    without = HERS.model_copy(update={"branch": None})
    assert person.prompts().with_branch(without) == HERS.model_copy(update={"branch": "01"})
    assert len(person.heard) == 2


def test_a_malformed_branch_is_asked_for_again_and_an_empty_one_ends_it() -> None:
    person = Person(["123", ""])
    assert person.prompts().with_branch(HERS) is None
    assert len(person.heard) == 4


def test_ctrl_d_gives_up() -> None:
    person = Person(["01130012"])
    with pytest.raises(GivenUpError):
        person.prompts().membership()
    with pytest.raises(GivenUpError):
        person.prompts().with_branch(HERS)


def test_a_program_gives_one_object_and_is_asked_nothing() -> None:
    prompts = PipedMembership(io.StringIO(json.dumps(MEMBERSHIP)))
    assert prompts.membership() == HERS
    prompts.with_branch(HERS)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '"01130012"', "{} {}", "[" * 100_000], ids=lambda text: text[:8]
)
def test_what_is_no_object_is_refused(text: str) -> None:
    with pytest.raises(ShikakuError) as caught:
        PipedMembership(io.StringIO(text)).membership()
    assert caught.value.code == "request-invalid"
