"""The questions of a tap at a command line."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from typing import NoReturn

import pytest
import typer

from clinic_terminal.card.errors import CardError
from clinic_terminal.console.prompts import InteractivePrompts, StdinPrompts
from clinic_terminal.outcome import GivenUpError
from eligibility_api.contract.codes import Category


@dataclass
class Person:
    """Types a PIN, confirms or declines (first `replies` in turn), chooses, and records questions and messages."""

    confirms: bool = True
    replies: list[bool] = field(default_factory=list)
    choices: list[str] = field(default_factory=list)
    shown: list[str] = field(default_factory=list)

    def prompts(self, *, register: bool = False, agree: bool = False) -> InteractivePrompts:
        return InteractivePrompts(
            register, agree, self._type_pin, self._confirm, self.shown.append, self._choose
        )

    def _type_pin(self, question: str) -> str:
        self.shown.append(question)
        return "1234"

    def _choose(self, question: str) -> str:
        self.shown.append(question)
        return self.choices.pop(0)

    def _confirm(self, question: str) -> bool:
        self.shown.append(question)
        return self.replies.pop(0) if self.replies else self.confirms


def test_the_tries_left_are_shown_before_the_pin_is_asked_for() -> None:
    person = Person()
    assert person.prompts().pin(3, None) == "1234"
    assert person.shown == [
        "暗証番号を入力できる残り回数 / PIN tries left: 3",
        "暗証番号（数字4桁） / PIN (four digits): ",
    ]


def test_a_second_question_shows_the_reason() -> None:
    person = Person()
    error = CardError("pin-wrong", tries_left=2)
    person.prompts().pin(2, error)
    assert person.shown[0] == f"{error.entry.ja}\n{error.entry.en}"


def test_the_last_try_needs_a_confirmation() -> None:
    person = Person()
    assert person.prompts().pin(1, None) == "1234"
    assert "あと1回です" in person.shown[1]


def test_without_the_confirmation_no_pin_is_asked_for() -> None:
    person = Person(confirms=False)
    with pytest.raises(GivenUpError):
        person.prompts().pin(1, None)
    assert len(person.shown) == 2


@pytest.mark.parametrize("key", [EOFError, KeyboardInterrupt, typer.Abort])
def test_ctrl_c_and_ctrl_d_at_a_question_give_up_and_end_its_line(key: type[BaseException]) -> None:
    def pressed(question: str) -> NoReturn:
        raise key

    shown: list[str] = []
    prompts = InteractivePrompts(False, False, pressed, pressed, shown.append, pressed)
    for ask in (
        lambda: prompts.pin(3, None),
        lambda: prompts.pin(1, None),
        prompts.agrees_to_registration,
        lambda: prompts.agrees_to("", (Category.MEDICATION,)),
        lambda: prompts.agrees_to("", ASKED),
    ):
        with pytest.raises(GivenUpError):
            ask()
        assert shown[-1] == ""


@pytest.mark.parametrize(
    ("register", "confirms", "agreed"), [(True, False, True), (False, True, True), (False, False, False)]
)
def test_agreement_is_given_beforehand_or_now(register: bool, confirms: bool, agreed: bool) -> None:
    assert Person(confirms).prompts(register=register).agrees_to_registration() is agreed


@pytest.mark.parametrize("text", ["1234\n", "1234\r\n", "1234", "1234\nmore\n"])
def test_a_pin_on_stdin_is_the_first_line(text: str) -> None:
    assert StdinPrompts(io.StringIO(text)).pin(2, None) == "1234"


def test_a_pin_on_stdin_does_not_use_the_last_try() -> None:
    stream = io.StringIO("1234\n")
    with pytest.raises(CardError) as caught:
        StdinPrompts(stream).pin(1, None)
    assert (caught.value.code, caught.value.tries_left, stream.tell()) == ("pin-last-try", 1, 0)


def test_a_pin_on_stdin_uses_the_last_try_with_last_try() -> None:
    assert StdinPrompts(io.StringIO("1234\n"), last_try=True).pin(1, None) == "1234"


@pytest.mark.parametrize("code", ["pin-wrong", "pin-malformed"])
def test_a_pin_on_stdin_is_tried_once(code: str) -> None:
    earlier = CardError(code)
    with pytest.raises(CardError) as caught:
        StdinPrompts(io.StringIO("1234\n5678\n")).pin(2, earlier)
    assert caught.value is earlier


@pytest.mark.parametrize("register", [True, False])
def test_a_program_agrees_only_beforehand(register: bool) -> None:
    assert StdinPrompts(io.StringIO(), register).agrees_to_registration() is register


ASKED = (Category.LIMIT_CERTIFICATE, Category.MEDICATION, Category.PRESCRIPTION, Category.SURGERY)
TEXT = "私は同意します。\n・過去の薬の情報\n"


@pytest.mark.parametrize(
    ("choices", "replies", "agreed"),
    [
        (["1"], [], ASKED),
        ([" 1 "], [], ASKED),
        (["", "yes", "0", "12", "1"], [], ASKED),
        (["2"], [True, True, True], ASKED),
        (["2"], [True, True, False], ASKED[:3]),
        (["2"], [False, True, True], ASKED[1:]),
        (["2"], [False, False, False], ()),
        (["3"], [], ()),
    ],
    ids=["all", "spaces", "asked-again", "each", "but-surgery", "but-limit", "none-of-them", "none"],
)
def test_the_patient_chooses_all_or_one_by_one_or_nothing(
    choices: list[str], replies: list[bool], agreed: tuple[Category, ...]
) -> None:
    """包括同意: one choice for everything in the text, or each kind by itself."""
    person = Person(replies=list(replies), choices=list(choices), confirms=False)
    assert person.prompts().agrees_to(TEXT, ASKED) == agreed
    assert person.shown[0] == TEXT
    assert len(person.shown) == 1 + len(choices) + len(replies)
    assert person.shown[1].startswith("患者さんの選択（1：上のすべての情報に同意する")


@pytest.mark.parametrize(("reply", "agreed"), [(True, ASKED[1:3]), (False, ())])
def test_a_single_kind_is_agreed_to_or_not(reply: bool, agreed: tuple[Category, ...]) -> None:
    person = Person(replies=[reply])
    assert person.prompts().agrees_to(TEXT, ASKED[1:3]) == agreed
    assert len(person.shown) == 2


def test_with_prior_agreement_the_text_is_shown_and_nothing_asked() -> None:
    person = Person(confirms=False)
    assert person.prompts(agree=True).agrees_to(TEXT, ASKED) == ASKED
    assert person.shown == [TEXT]


def test_control_characters_of_the_text_are_replaced() -> None:
    person = Person(choices=["1"])
    person.prompts().agrees_to("診療所\x1b[2J\nend", ASKED)
    assert person.shown[0] == "診療所\N{REPLACEMENT CHARACTER}[2J\nend"


@pytest.mark.parametrize(("agree", "agreed"), [(True, ASKED), (False, ())])
def test_a_program_consents_only_beforehand(agree: bool, agreed: tuple[Category, ...]) -> None:
    assert StdinPrompts(io.StringIO(), agree=agree).agrees_to(TEXT, ASKED) == agreed


def test_a_question_about_one_kind_has_each_language_on_its_own_line() -> None:
    person = Person(confirms=False, choices=["2"])
    person.prompts().agrees_to(TEXT, ASKED)
    japanese, english = person.shown[3].split("\n")
    assert japanese == (
        "これまでのお薬の情報、最近の処方・調剤の情報（電子処方箋）の閲覧に同意しますか？（はい y／いいえ N）"
    )
    assert english == "Does the patient agree that this may be viewed: " + english.partition(": ")[2]
    assert english.isascii()
    assert english.endswith("? [y/N]")
