"""The questions of a tap at a command line: typed by a person, or given by a program on standard input."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from getpass import getpass
from typing import TextIO

import typer

from clinic_terminal.card.errors import CardError
from clinic_terminal.console import words
from clinic_terminal.console.printable import printable_lines
from clinic_terminal.console.words import Words
from clinic_terminal.outcome import GivenUpError
from eligibility_api.contract.categories import CATEGORIES
from eligibility_api.contract.codes import Category


def _confirm(question: str) -> bool:
    return typer.confirm(question, err=True)


def tell_aside(text: str) -> None:
    """Tell a person something where it is no part of the output."""
    typer.echo(text, err=True)


@contextmanager
def question(tell: Callable[[str], None]) -> Iterator[None]:
    """Around a question to a person: Ctrl-C and Ctrl-D give up, and end the line that was left open."""
    try:
        yield
    except (EOFError, KeyboardInterrupt, typer.Abort) as error:
        tell("")
        raise GivenUpError from error


@dataclass(frozen=True, slots=True)
class TypedPrompts:
    """Asks at the terminal, the PIN without echo. Ctrl-C, Ctrl-D and declining the last try give up."""

    register: bool = False
    agree: bool = False
    ask_secret: Callable[[str], str] = getpass
    confirm: Callable[[str], bool] = _confirm
    tell: Callable[[str], None] = tell_aside

    def pin(self, tries_left: int, earlier: CardError | None) -> str:
        """Tell the tries left, ask whether to go on before the last one, then ask for the PIN."""
        if earlier is not None:
            self.tell(f"{earlier.entry.ja} / {earlier.entry.en}")
        self.tell(f"{words.TRIES_LEFT}: {tries_left}")
        with question(self.tell):
            if tries_left == 1 and not self.confirm(str(words.LAST_TRY)):
                raise GivenUpError
            return self.ask_secret(f"{words.PIN}: ")

    def agrees_to_registration(self) -> bool:
        """Agreed beforehand with `register`, or asked now."""
        with question(self.tell):
            return self.register or self.confirm(str(words.AGREE_TO_REGISTER))

    def agrees_to(self, text: str, /, categories: tuple[Category, ...]) -> tuple[Category, ...]:
        """The words, then whether she agrees to all; where not, one plain question for each kind of information."""
        self.tell(printable_lines(text))
        with question(self.tell):
            if self.agree or self.confirm(str(words.AGREE_TO_ALL)):
                return categories
            if len(questions := _questions(categories)) == 1:
                return ()
            return tuple(one for asked in questions if self.confirm(_asking(asked)) for one in asked)


@dataclass(frozen=True, slots=True)
class PipedPrompts:
    """Takes one line of `stream` as the PIN, and asks nothing: one try, no second, the last only where told to."""

    stream: TextIO
    register: bool = False
    last_try: bool = False
    agree: bool = False

    def pin(self, tries_left: int, earlier: CardError | None) -> str:
        """The line. Raises `earlier` instead of asking a second time, CardError `pin-last-try` before the last."""
        if earlier is not None:
            raise earlier
        if tries_left == 1 and not self.last_try:
            raise CardError("pin-last-try", tries_left=tries_left)
        return self.stream.readline().rstrip("\r\n")

    def agrees_to_registration(self) -> bool:
        """Only what was agreed beforehand."""
        return self.register

    def agrees_to(self, _: str, /, categories: tuple[Category, ...]) -> tuple[Category, ...]:
        """Only what was agreed beforehand, with the program that shows the words."""
        return categories if self.agree else ()


def _questions(categories: tuple[Category, ...]) -> list[tuple[Category, ...]]:
    """The categories that one question is about on the reader (OQSCD036), in the order in which they are asked."""
    questions: dict[object, tuple[Category, ...]] = {}
    for category in categories:
        about = CATEGORIES[category].information or category
        questions[about] = (*questions.get(about, ()), category)
    return list(questions.values())


def _asking(categories: tuple[Category, ...]) -> str:
    entries = [CATEGORIES[category] for category in categories]
    what = Words("、".join(entry.ja for entry in entries), ", ".join(entry.en for entry in entries))
    return f"{what} {words.AGREE_TO_PART}"
