"""The questions at a command line."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from typing import NoReturn

import pytest
import typer

from clinic_terminal.card.errors import CardError
from clinic_terminal.console.prompts import PipedPrompts, TypedPrompts
from clinic_terminal.outcome import GivenUpError
from eligibility_api.contract.codes import Category


@dataclass
class Person:
    """Types a PIN, says yes or no (`says` one after another first), and remembers what was said to them."""

    says_yes: bool = True
    says: list[bool] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)

    def prompts(self, *, register: bool = False, agree: bool = False) -> TypedPrompts:
        return TypedPrompts(register, agree, self._type, self._confirm, self.heard.append)

    def _type(self, question: str) -> str:
        self.heard.append(question)
        return "1234"

    def _confirm(self, question: str) -> bool:
        self.heard.append(question)
        return self.says.pop(0) if self.says else self.says_yes


def test_the_tries_left_are_told_before_the_pin_is_asked() -> None:
    person = Person()
    assert person.prompts().pin(3, None) == "1234"
    assert person.heard == [
        "暗証番号の残り回数 / PIN tries left: 3",
        "暗証番号（数字4桁） / PIN (four digits): ",
    ]


def test_a_second_question_tells_why() -> None:
    person = Person()
    error = CardError("pin-wrong", tries_left=2)
    person.prompts().pin(2, error)
    assert person.heard[0] == f"{error.entry.ja} / {error.entry.en}"


def test_the_last_try_is_asked_about_first() -> None:
    person = Person()
    assert person.prompts().pin(1, None) == "1234"
    assert "最後の1回" in person.heard[1]


def test_whoever_declines_the_last_try_is_not_asked_for_a_pin() -> None:
    person = Person(says_yes=False)
    with pytest.raises(GivenUpError):
        person.prompts().pin(1, None)
    assert len(person.heard) == 2


@pytest.mark.parametrize("key", [EOFError, KeyboardInterrupt, typer.Abort])
def test_ctrl_c_and_ctrl_d_at_a_question_give_up_and_end_its_line(key: type[BaseException]) -> None:
    def pressed(question: str) -> NoReturn:
        raise key

    said: list[str] = []
    prompts = TypedPrompts(False, False, pressed, pressed, said.append)
    for ask in (
        lambda: prompts.pin(3, None),
        lambda: prompts.pin(1, None),
        prompts.agrees_to_registration,
        lambda: prompts.agrees_to("", (Category.MEDICATION,)),
    ):
        with pytest.raises(GivenUpError):
            ask()
        assert said[-1] == ""


@pytest.mark.parametrize(
    ("register", "says_yes", "agreed"), [(True, False, True), (False, True, True), (False, False, False)]
)
def test_agreement_is_given_beforehand_or_now(register: bool, says_yes: bool, agreed: bool) -> None:
    assert Person(says_yes).prompts(register=register).agrees_to_registration() is agreed


@pytest.mark.parametrize("text", ["1234\n", "1234\r\n", "1234", "1234\nmore\n"])
def test_a_piped_pin_is_the_first_line(text: str) -> None:
    assert PipedPrompts(io.StringIO(text)).pin(2, None) == "1234"


def test_a_piped_pin_does_not_spend_the_last_try() -> None:
    stream = io.StringIO("1234\n")
    with pytest.raises(CardError) as caught:
        PipedPrompts(stream).pin(1, None)
    assert (caught.value.code, caught.value.tries_left, stream.tell()) == ("pin-last-try", 1, 0)


def test_a_piped_pin_spends_the_last_try_where_it_was_told_to() -> None:
    assert PipedPrompts(io.StringIO("1234\n"), last_try=True).pin(1, None) == "1234"


@pytest.mark.parametrize("code", ["pin-wrong", "pin-malformed"])
def test_a_piped_pin_is_tried_once(code: str) -> None:
    earlier = CardError(code)
    with pytest.raises(CardError) as caught:
        PipedPrompts(io.StringIO("1234\n5678\n")).pin(2, earlier)
    assert caught.value is earlier


@pytest.mark.parametrize("register", [True, False])
def test_a_program_agrees_only_beforehand(register: bool) -> None:
    assert PipedPrompts(io.StringIO(), register).agrees_to_registration() is register


ASKED = (Category.LIMIT_CERTIFICATE, Category.MEDICATION, Category.PRESCRIPTION, Category.SURGERY)
WORDS = "私は同意します。\n・過去の薬の情報\n"


@pytest.mark.parametrize(
    ("says", "agreed"),
    [
        ([True], ASKED),
        ([False, True, True, False], ASKED[:3]),
        ([False, False, True, True], ASKED[1:]),
        ([False, False, False, False], ()),
    ],
)
def test_the_patient_agrees_to_all_or_is_asked_about_each_kind(
    says: list[bool], agreed: tuple[Category, ...]
) -> None:
    person = Person(says=list(says))
    assert person.prompts().agrees_to(WORDS, ASKED) == agreed
    assert person.heard[0] == WORDS
    assert len(person.heard) == 1 + len(says)


def test_one_kind_is_asked_about_once() -> None:
    person = Person(says=[False])
    assert person.prompts().agrees_to(WORDS, ASKED[1:3]) == ()


def test_what_was_agreed_beforehand_is_shown_and_not_asked() -> None:
    person = Person(says_yes=False)
    assert person.prompts(agree=True).agrees_to(WORDS, ASKED) == ASKED
    assert person.heard == [WORDS]


def test_nothing_in_the_words_steers_the_screen() -> None:
    person = Person()
    person.prompts().agrees_to("診療所\x1b[2J\nend", ASKED)
    assert person.heard[0] == "診療所\N{REPLACEMENT CHARACTER}[2J\nend"


@pytest.mark.parametrize(("agree", "agreed"), [(True, ASKED), (False, ())])
def test_a_program_consents_only_beforehand(agree: bool, agreed: tuple[Category, ...]) -> None:
    assert PipedPrompts(io.StringIO(), agree=agree).agrees_to(WORDS, ASKED) == agreed
