"""Input of a membership at a command line: typed field by field, or as JSON on standard input.

Never from the arguments: every user of the machine can read those.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import TextIO

import typer

from clinic_terminal.console import texts
from clinic_terminal.console.forms import Form
from clinic_terminal.console.prompts import echo_to_stderr
from clinic_terminal.queries.membership import parse_request
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.contract.membership import MembershipQuery


def prompt_line(label: str) -> str:
    """What a person types on one line, which may be empty."""
    answer: str = typer.prompt(label, default="", show_default=False, err=True)
    return answer


@dataclass(frozen=True, slots=True)
class InteractiveMembership:
    """Asks a person, and asks again for invalid fields. Ctrl-C and Ctrl-D give up."""

    prompt: Callable[[str], str] = prompt_line
    echo: Callable[[str], None] = echo_to_stderr

    def membership(self) -> MembershipQuery:
        """Every field once, then the invalid ones until none is left. Raises GivenUpError."""
        return self._form.fill()

    def add_branch(self, membership: MembershipQuery) -> MembershipQuery | None:
        """Ask for the branch only; None where it is not known. Raises GivenUpError."""
        self.echo(texts.BRANCH_NEEDED.lines)
        while branch := str(self._form.ask(["branch"])["branch"]).strip():
            try:
                return parse_request(MembershipQuery, {**dict(membership), "branch": branch})
            except ShikakuError as problem:
                self._form.invalid_fields(problem)
        return None

    @property
    def _form(self) -> Form[MembershipQuery]:
        return Form(MembershipQuery, texts.MEMBERSHIP_FIELD, self.prompt, self.echo)


@dataclass(frozen=True, slots=True)
class StdinMembership:
    """Takes one JSON object from `stream`, and asks nothing."""

    stream: TextIO

    def membership(self) -> MembershipQuery:
        """The object's membership. Raises ShikakuError `request-invalid`, `my-number-refused`."""
        return parse_request(MembershipQuery, json_object(self.stream))

    def add_branch(self, _: MembershipQuery) -> None:
        """None: a program cannot be asked."""


def json_object(stream: TextIO) -> dict[str, object]:
    """The one JSON object that `stream` holds. Raises ShikakuError `request-invalid`."""
    try:
        value = json.load(stream)
    except (ValueError, RecursionError) as error:
        raise ShikakuError("request-invalid") from error
    if not isinstance(value, dict):
        raise ShikakuError("request-invalid")
    return value
