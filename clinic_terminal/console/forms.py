"""A request typed at a command line field by field; invalid fields are asked for again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from pydantic import BaseModel

from clinic_terminal.bilingual import Bilingual
from clinic_terminal.console import texts
from clinic_terminal.console.prompts import cancellable
from clinic_terminal.queries.membership import parse_request
from eligibility_api.contract.errors import ShikakuError

Request = TypeVar("Request", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Form(Generic[Request]):
    """The fields that a person types for `model`, with their labels, in the order of the questions."""

    model: type[Request]
    labels: Mapping[str, Bilingual]
    prompt: Callable[[str], str]
    echo: Callable[[str], None]

    def fill(self, **given: object) -> Request:
        """Ask for every field, then for the invalid ones until none is left. `given` is not asked for.

        Raises GivenUpError.
        """
        typed = self.ask(self.labels)
        while True:
            try:
                return parse_request(self.model, typed | given)
            except ShikakuError as problem:
                typed |= self.ask(self.invalid_fields(problem))

    def ask(self, fields: Iterable[str]) -> dict[str, object]:
        """What a person types for each field. Raises GivenUpError."""
        with cancellable(self.echo):
            return {name: self.prompt(str(self.labels[name])) for name in fields}

    def invalid_fields(self, problem: ShikakuError) -> tuple[str, ...]:
        """Show what is wrong, and return the fields to type again: all, where the problem names none."""
        places = {fault["place"] for fault in problem.details.get("errors", ())}
        if not places & set(self.labels):
            self.echo(Bilingual(problem.entry.ja, problem.entry.en).lines)
            return tuple(self.labels)
        self.echo(texts.CHECK_INPUT.lines)
        return tuple(name for name in self.labels if name in places)
