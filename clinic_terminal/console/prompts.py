"""The questions of a tap at a command line: answered interactively, or by a program on standard input."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from getpass import getpass
from typing import TextIO

import typer

from clinic_terminal.bilingual import Bilingual
from clinic_terminal.card.errors import CardError
from clinic_terminal.console import consents, texts
from clinic_terminal.console.printable import printable_lines
from clinic_terminal.outcome import GivenUpError
from clinic_terminal.visit.information import by_information
from eligibility_api.contract.codes import Category


def _confirm(question: str) -> bool:
    return typer.confirm(question, err=True, show_default=False)


def _ask(question: str) -> str:
    return str(typer.prompt(question, err=True, prompt_suffix=": "))


def echo_to_stderr(text: str) -> None:
    """Print a text that is no part of the output."""
    typer.echo(text, err=True)


@contextmanager
def cancellable(echo: Callable[[str], None]) -> Iterator[None]:
    """Around a question: Ctrl-C and Ctrl-D end the open line and raise GivenUpError."""
    try:
        yield
    except (EOFError, KeyboardInterrupt, typer.Abort) as error:
        echo("")
        raise GivenUpError from error


def yes_or_no(question: Bilingual) -> str:
    """A question with both languages on lines of their own, and how to answer it."""
    return f"{question.ja}{texts.YES_OR_NO.ja}\n{question.en}{texts.YES_OR_NO.en}"


class ConsentChoice(StrEnum):
    """The patient's choices at a consent: everything at once (包括同意), one by one, or nothing."""

    ALL = "1"
    ONE_BY_ONE = "2"
    NONE = "3"


@dataclass(frozen=True, slots=True)
class InteractivePrompts:
    """Asks at the terminal, the PIN without echo. Ctrl-C, Ctrl-D and declining the last try give up."""

    register: bool = False
    agree: bool = False
    ask_secret: Callable[[str], str] = getpass
    confirm: Callable[[str], bool] = _confirm
    echo: Callable[[str], None] = echo_to_stderr
    ask: Callable[[str], str] = _ask

    def pin(self, tries_left: int, earlier: CardError | None) -> str:
        """Show the tries left, ask whether to go on before the last one, then ask for the PIN."""
        if earlier is not None:
            self.echo(Bilingual(earlier.entry.ja, earlier.entry.en).lines)
        self.echo(f"{texts.TRIES_LEFT}: {tries_left}")
        with cancellable(self.echo):
            if tries_left == 1 and not self.confirm(yes_or_no(texts.LAST_TRY)):
                raise GivenUpError
            return self.ask_secret(f"{texts.PIN}: ")

    def agrees_to_registration(self) -> bool:
        """Agreed beforehand with `register`, or asked now."""
        with cancellable(self.echo):
            return self.register or self.confirm(yes_or_no(texts.AGREE_TO_REGISTER))

    def agrees_to(
        self, text: str, categories: tuple[Category, ...], _facility: str = "", /
    ) -> tuple[Category, ...]:
        """Show the text, and offer the patient one choice for all of it, each kind by itself, or none.

        A text about a single kind of information is agreed to, or not.
        """
        self.echo(printable_lines(text))
        groups = by_information(categories)
        with cancellable(self.echo):
            if self.agree:
                return categories
            if len(groups) == 1:
                return categories if self.confirm(yes_or_no(texts.AGREE)) else ()
            choice = self._choose()
            if choice is ConsentChoice.ALL:
                return categories
            asked = groups if choice is ConsentChoice.ONE_BY_ONE else ()
            return tuple(one for group in asked if self.confirm(yes_or_no(_question(group))) for one in group)

    def _choose(self) -> ConsentChoice:
        """Ask until the answer is one of the choices; Ctrl-C and Ctrl-D end the question."""
        while True:
            answer = self.ask(texts.CONSENT_CHOICE.lines).strip()
            if answer in list(ConsentChoice):
                return ConsentChoice(answer)


@dataclass(frozen=True, slots=True)
class StdinPrompts:
    """Takes one line of `stream` as the PIN, and asks nothing.

    One try, and the last try only with `last_try`.
    """

    stream: TextIO
    register: bool = False
    last_try: bool = False
    agree: bool = False

    def pin(self, tries_left: int, earlier: CardError | None) -> str:
        """The PIN, read from the stream.

        Raises `earlier` instead of asking a second time, and CardError `pin-last-try` before the last try.
        """
        if earlier is not None:
            raise earlier
        if tries_left == 1 and not self.last_try:
            raise CardError("pin-last-try", tries_left=tries_left)
        return self.stream.readline().rstrip("\r\n")

    def agrees_to_registration(self) -> bool:
        """Only what was agreed beforehand."""
        return self.register

    def agrees_to(
        self, _: str, categories: tuple[Category, ...], _facility: str = "", /
    ) -> tuple[Category, ...]:
        """Only what was agreed beforehand, in the program that shows the text."""
        return categories if self.agree else ()


def _question(categories: tuple[Category, ...]) -> Bilingual:
    names = [consents.name(category) for category in categories]
    ja, en = "、".join(name.ja for name in names), ", ".join(name.en for name in names)
    return Bilingual(f"{ja}の閲覧に同意しますか？", f"Does the patient agree that this may be viewed: {en}?")
