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
from clinic_terminal.visit.prompts import GivenUpError


def _confirm(question: str) -> bool:
    return typer.confirm(question, err=True)


def _tell(text: str) -> None:
    typer.echo(text, err=True)


@dataclass(frozen=True, slots=True)
class TypedPrompts:
    """Asks at the terminal, the PIN without echo. Ctrl-C, Ctrl-D and declining the last try give up."""

    register: bool = False
    ask_secret: Callable[[str], str] = getpass
    confirm: Callable[[str], bool] = _confirm
    tell: Callable[[str], None] = _tell

    def pin(self, tries_left: int, earlier: CardError | None) -> str:
        """Tell the tries left, ask whether to go on before the last one, then ask for the PIN."""
        if earlier is not None:
            self.tell(f"{earlier.entry.ja} / {earlier.entry.en}")
        self.tell(f"{words.TRIES_LEFT}: {tries_left}")
        with self._question():
            if tries_left == 1 and not self.confirm(str(words.LAST_TRY)):
                raise GivenUpError
            return self.ask_secret(f"{words.PIN}: ")

    def agrees_to_registration(self) -> bool:
        """Agreed beforehand with `register`, or asked now."""
        with self._question():
            return self.register or self.confirm(str(words.AGREE_TO_REGISTER))

    @contextmanager
    def _question(self) -> Iterator[None]:
        try:
            yield
        except (EOFError, KeyboardInterrupt, typer.Abort) as error:
            self.tell("")  # the question's line has not ended
            raise GivenUpError from error


@dataclass(frozen=True, slots=True)
class PipedPrompts:
    """Takes one line of `stream` as the PIN, and asks nothing: one try, no second, the last only where told to."""

    stream: TextIO
    register: bool = False
    last_try: bool = False

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
