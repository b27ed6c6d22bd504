"""A request asked for at a command line field by field, and again what is not of the right form."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from pydantic import BaseModel

from clinic_terminal.console import words
from clinic_terminal.console.prompts import question
from clinic_terminal.console.words import Words
from clinic_terminal.desk.membership import read
from eligibility_api.contract.errors import ShikakuError

Filled = TypeVar("Filled", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Form(Generic[Filled]):
    """The fields that a person types for `model`, with their labels, in the order in which they are asked for."""

    model: type[Filled]
    labels: Mapping[str, Words]
    ask: Callable[[str], str]
    tell: Callable[[str], None]

    def filled(self, **given: object) -> Filled:
        """Every field once, then those at fault until none is left. `given` is not asked for. Raises GivenUpError."""
        typed = self.typed(self.labels)
        while True:
            try:
                return read(self.model, typed | given)
            except ShikakuError as problem:
                typed |= self.typed(self.at_fault(problem))

    def typed(self, fields: Iterable[str]) -> dict[str, object]:
        """What a person types for each. Raises GivenUpError."""
        with question(self.tell):
            return {name: self.ask(str(self.labels[name])) for name in fields}

    def at_fault(self, problem: ShikakuError) -> tuple[str, ...]:
        """Tell what is wrong, and give the fields to type again: all of them where it is not said which."""
        places = {fault["place"] for fault in problem.details.get("errors", ())}
        if not places & set(self.labels):
            self.tell(f"{problem.entry.ja} / {problem.entry.en}")
            return tuple(self.labels)
        self.tell(f"{words.NOT_OF_THE_FORM}:")
        return tuple(name for name in self.labels if name in places)
