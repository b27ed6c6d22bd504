"""The questions of a look without consent: typed by a person, or one JSON object on standard input.

Never from the arguments: every user of the machine can read those.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from getpass import getpass
from typing import TextIO

from clinic_terminal.console import code_words, words
from clinic_terminal.console.forms import Form
from clinic_terminal.console.membership_prompts import ask_a_line, json_object
from clinic_terminal.console.prompts import question, tell_aside
from clinic_terminal.desk.membership import read
from eligibility_api.contract.emergency import DisasterSearch, EmergencyReason
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.contract.membership import MembershipQuery


@dataclass(frozen=True, slots=True)
class TypedEmergency:
    """Asks a person, the one-time password without echo. Ctrl-C and Ctrl-D give up."""

    ask: Callable[[str], str] = ask_a_line
    ask_secret: Callable[[str], str] = getpass
    tell: Callable[[str], None] = tell_aside

    def reason(self) -> EmergencyReason:
        """By its number in the list, until one of them was typed."""
        reasons = dict(enumerate(EmergencyReason, start=1))
        for number, reason in reasons.items():
            self.tell(f"  {number}. {code_words.EMERGENCY_REASON[reason]}")
        with question(self.tell):
            while True:
                typed = self.ask(str(words.EMERGENCY_REASON)).strip()
                if typed.isdecimal() and int(typed) in reasons:
                    return reasons[int(typed)]

    def note(self) -> str:
        """Until something was typed."""
        with question(self.tell):
            while not (typed := self.ask(str(words.EMERGENCY_NOTE)).strip()):
                pass
        return typed

    def one_time_password(self) -> str:
        """Six digits, as they are shown by the device."""
        with question(self.tell):
            return self.ask_secret(f"{words.ONE_TIME_PASSWORD}: ").strip()


class PipedEmergency:
    """Takes `reason`, `note`, `one_time_password` and, by number, `membership` of the one JSON object in `stream`, and asks
    nothing. Each raises ShikakuError `request-invalid` where it is missing or of another form.
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
        """As it was given."""
        return self._text("note")

    def one_time_password(self) -> str:
        """As it was given."""
        return self._text("one_time_password")

    def membership(self) -> MembershipQuery:
        """Raises ShikakuError `my-number-refused` too."""
        membership = self._value("membership")
        if not isinstance(membership, dict):
            raise _missing("membership")
        return read(MembershipQuery, membership)

    def with_branch(self, _: MembershipQuery) -> None:
        """Nobody is there to tell it."""

    def _text(self, name: str) -> str:
        value = self._value(name)
        if not isinstance(value, str):
            raise _missing(name)
        return value

    def _value(self, name: str) -> object:
        if self._given is None:
            self._given = json_object(self._stream)
        return self._given.get(name)


def typed_search(
    known: Mapping[str, object],
    ask: Callable[[str], str] = ask_a_line,
    tell: Callable[[str], None] = tell_aside,
) -> DisasterSearch:
    """Ask for the items by which somebody is searched for. `known` is what the command's options say."""
    return Form(DisasterSearch, words.SEARCH_FIELD, ask, tell).filled(**known)


def _missing(name: str) -> ShikakuError:
    return ShikakuError("request-invalid", errors=[{"place": name, "rule": "missing"}])
