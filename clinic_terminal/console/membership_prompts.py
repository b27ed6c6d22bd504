"""A membership as it comes in at a command line: typed field by field, or as JSON on standard input.

Never from the arguments: every user of the machine can read those.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import TextIO

import typer

from clinic_terminal.console import words
from clinic_terminal.console.forms import Form
from clinic_terminal.console.prompts import tell_aside
from clinic_terminal.desk.membership import read
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.contract.membership import MembershipQuery


def ask_a_line(label: str) -> str:
    """What a person types on one line, which may be empty."""
    answer: str = typer.prompt(label, default="", show_default=False, err=True)
    return answer


@dataclass(frozen=True, slots=True)
class TypedMembership:
    """Asks a person, and asks again for what is not of the right form. Ctrl-C and Ctrl-D give up."""

    ask: Callable[[str], str] = ask_a_line
    tell: Callable[[str], None] = tell_aside

    def membership(self) -> MembershipQuery:
        """Every field once, then those at fault until none is left. Raises GivenUpError."""
        return self._form.filled()

    def with_branch(self, membership: MembershipQuery) -> MembershipQuery | None:
        """Ask for the branch alone; None where nobody can tell it. Raises GivenUpError."""
        self.tell(str(words.BRANCH_NEEDED))
        while branch := str(self._form.typed(["branch"])["branch"]).strip():
            try:
                return read(MembershipQuery, {**dict(membership), "branch": branch})
            except ShikakuError as problem:
                self._form.at_fault(problem)
        return None

    @property
    def _form(self) -> Form[MembershipQuery]:
        return Form(MembershipQuery, words.MEMBERSHIP_FIELD, self.ask, self.tell)


@dataclass(frozen=True, slots=True)
class PipedMembership:
    """Takes one JSON object from `stream`, and asks nothing."""

    stream: TextIO

    def membership(self) -> MembershipQuery:
        """The object's membership. Raises ShikakuError `request-invalid`, `my-number-refused`."""
        return read(MembershipQuery, json_object(self.stream))

    def with_branch(self, _: MembershipQuery) -> None:
        """Nobody is there to tell it."""


def json_object(stream: TextIO) -> dict[str, object]:
    """The one JSON object that `stream` holds. Raises ShikakuError `request-invalid`."""
    try:
        value = json.load(stream)
    except (ValueError, RecursionError) as error:
        raise ShikakuError("request-invalid") from error
    if not isinstance(value, dict):
        raise ShikakuError("request-invalid")
    return value
