"""Input of a membership at the command line."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass, field

import pytest

from clinic_terminal.console.membership_prompts import InteractiveMembership, StdinMembership
from clinic_terminal.outcome import GivenUpError
from clinic_terminal.queries.membership import parse_request
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.contract.membership import MembershipQuery
from tests.builders.clinic.samples import MEMBERSHIP

PARSED = parse_request(MembershipQuery, MEMBERSHIP)


@dataclass
class Person:
    """Types `answers` in turn; `shown` records questions and messages."""

    answers: list[str]
    shown: list[str] = field(default_factory=list)

    def prompts(self) -> InteractiveMembership:
        return InteractiveMembership(self._answer, self.shown.append)

    def _answer(self, question: str) -> str:
        self.shown.append(question)
        if not self.answers:
            raise EOFError
        return self.answers.pop(0)


def test_each_field_is_asked_for_in_the_order_of_the_certificate() -> None:
    person = Person(["01130012", "12", "345", "0", "S55.2.3"])
    assert person.prompts().membership() == PARSED
    assert [question.split(" / ")[1] for question in person.shown] == [
        "Insurer number",
        "Symbol, if any",
        "Number",
        "Branch, if known",
        "Date of birth",
    ]


def test_only_invalid_fields_are_asked_for_again() -> None:
    person = Person(["0113001", "12", "345", "", "1980-02-31", "01130012", "1980-02-03"])
    assert person.prompts().membership() == PARSED.model_copy(update={"branch": None})
    assert person.shown[5] == "入力を確認してください：\nPlease check:"
    assert [line.split(" / ")[1] for line in person.shown[6:]] == ["Insurer number", "Date of birth"]


def test_after_a_my_number_every_field_is_asked_for_again() -> None:
    person = Person(["01130012", "12", "123456789018", "", "1980-02-03", *MEMBERSHIP.values()])
    assert person.prompts().membership() == PARSED
    assert "マイナンバー" in person.shown[5]
    assert not any("123456789018" in line for line in person.shown)


def test_only_the_branch_is_asked_for_after_an_ambiguous_answer() -> None:
    person = Person(["１"])
    without = PARSED.model_copy(update={"branch": None})
    assert person.prompts().add_branch(without) == PARSED.model_copy(update={"branch": "01"})
    assert len(person.shown) == 2


def test_an_invalid_branch_is_asked_for_again_and_an_empty_one_ends_it() -> None:
    person = Person(["123", ""])
    assert person.prompts().add_branch(PARSED) is None
    assert len(person.shown) == 4


def test_ctrl_d_gives_up() -> None:
    person = Person(["01130012"])
    with pytest.raises(GivenUpError):
        person.prompts().membership()
    with pytest.raises(GivenUpError):
        person.prompts().add_branch(PARSED)


def test_a_program_gives_one_object() -> None:
    prompts = StdinMembership(io.StringIO(json.dumps(MEMBERSHIP)))
    assert prompts.membership() == PARSED
    prompts.add_branch(PARSED)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '"01130012"', "{} {}", "[" * 100_000], ids=lambda text: text[:8]
)
def test_input_that_is_no_object_is_rejected(text: str) -> None:
    with pytest.raises(ShikakuError) as caught:
        StdinMembership(io.StringIO(text)).membership()
    assert caught.value.code == "request-invalid"
