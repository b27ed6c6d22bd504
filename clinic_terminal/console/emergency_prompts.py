"""The questions of an access without consent: typed by a person, or one JSON object on standard input.

Never from the arguments: every user of the machine can read those.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from getpass import getpass
from typing import TextIO

from clinic_terminal.console import code_texts, texts
from clinic_terminal.console.forms import Form
from clinic_terminal.console.history import found_rows
from clinic_terminal.console.membership_prompts import json_object, prompt_line
from clinic_terminal.console.prompts import cancellable, echo_to_stderr
from clinic_terminal.queries.membership import parse_request
from eligibility_api.contract.emergency import (
    DisasterConsent,
    DisasterSearch,
    EmergencyReason,
    FoundPerson,
)
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.contract.membership import MembershipQuery


@dataclass(frozen=True, slots=True)
class InteractiveEmergency:
    """Asks a person, the one-time password without echo. Ctrl-C and Ctrl-D give up."""

    prompt: Callable[[str], str] = prompt_line
    ask_secret: Callable[[str], str] = getpass
    echo: Callable[[str], None] = echo_to_stderr

    def reason(self) -> EmergencyReason:
        """By its number in the list, until one of them was typed."""
        reasons = dict(enumerate(EmergencyReason, start=1))
        for number, reason in reasons.items():
            self.echo(f"  {number}. {code_texts.EMERGENCY_REASON[reason]}")
        with cancellable(self.echo):
            while True:
                typed = self.prompt(str(texts.EMERGENCY_REASON)).strip()
                if typed.isdecimal() and int(typed) in reasons:
                    return reasons[int(typed)]

    def note(self) -> str:
        """Asked for until something was typed."""
        with cancellable(self.echo):
            while not (typed := self.prompt(str(texts.EMERGENCY_NOTE)).strip()):
                pass
        return typed

    def one_time_password(self) -> str:
        """Six digits, as the device shows them."""
        with cancellable(self.echo):
            return self.ask_secret(f"{texts.ONE_TIME_PASSWORD}: ").strip()


class StdinEmergency:
    """Takes the answers from one JSON object in `stream`, and asks nothing.

    Its members: `reason`, `note`, `one_time_password` and, by number, `membership`. Each method raises
    ShikakuError `request-invalid` where its member is missing or malformed.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._given: dict[str, object] | None = None

    def reason(self) -> EmergencyReason:
        """One of the three."""
        try:
            return EmergencyReason(self._text("reason"))
        except ValueError as error:
            raise _missing("reason") from error

    def note(self) -> str:
        """As given."""
        return self._text("note")

    def one_time_password(self) -> str:
        """As given."""
        return self._text("one_time_password")

    def membership(self) -> MembershipQuery:
        """Raises ShikakuError `my-number-refused` too."""
        membership = self._value("membership")
        if not isinstance(membership, dict):
            raise _missing("membership")
        return parse_request(MembershipQuery, membership)

    def add_branch(self, _: MembershipQuery) -> None:
        """None: a program cannot be asked."""

    def _text(self, name: str) -> str:
        value = self._value(name)
        if not isinstance(value, str):
            raise _missing(name)
        return value

    def _value(self, name: str) -> object:
        if self._given is None:
            self._given = json_object(self._stream)
        return self._given.get(name)


@dataclass(frozen=True, slots=True)
class InteractiveDisaster:
    """Asks a person for the items, shows the insurance found, and asks for the consent unless it was `stated`.

    `operator` comes from the command's options.
    """

    operator: str
    stated: DisasterConsent | None = None
    prompt: Callable[[str], str] = prompt_line
    echo: Callable[[str], None] = echo_to_stderr

    def search(self) -> DisasterSearch:
        """Ask for the fields, and again for the invalid ones."""
        return Form(DisasterSearch, texts.SEARCH_FIELD, self.prompt, self.echo).fill(operator=self.operator)

    def consent(self, found: FoundPerson) -> DisasterConsent | None:
        """By its number in the list, until one was typed; None if nothing was."""
        if self.stated is not None:
            return self.stated
        for label, value in found_rows(found):
            self.echo(f"{label}：{value}")
        choices = dict(enumerate(DisasterConsent, start=1))
        for number, choice in choices.items():
            self.echo(f"  {number}. {code_texts.DISASTER_CONSENT[choice]}")
        with cancellable(self.echo):
            while typed := self.prompt(str(texts.DISASTER_CONSENT)).strip():
                if typed.isdecimal() and int(typed) in choices:
                    return choices[int(typed)]
        return None


@dataclass(frozen=True, slots=True)
class StdinDisaster:
    """Takes the items from one JSON object in `stream`, and the consent from the command's options."""

    stream: TextIO
    operator: str
    stated: DisasterConsent | None = None

    def search(self) -> DisasterSearch:
        """Raises ShikakuError `request-invalid` or `my-number-refused`."""
        return parse_request(DisasterSearch, json_object(self.stream) | {"operator": self.operator})

    def consent(self, _: FoundPerson) -> DisasterConsent | None:
        """As stated; without a statement only the insurance is shown."""
        return self.stated


def _missing(name: str) -> ShikakuError:
    return ShikakuError("request-invalid", errors=[{"place": name, "rule": "missing"}])
