"""Was every answer right? The first thousand and every fiftieth after them are held against the naive model.

The answers are kept while the load runs, and compared when it is over: the generator's core belongs to the load.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from loadtest.model.answer import Question
from loadtest.model.events import Membership
from loadtest.nation.country import Country
from loadtest.nation.terminals import Terminal
from loadtest.rush.visits import Outcome

FIRST, THEN_EVERY = 1000, 50

REFUSALS = frozenset({"card-not-usable", "eligibility-not-confirmable"})
"""Refusals by the rule: answers like any other, and right where the model refuses too."""

_NOT_BY_RULE = ("version", "record_id", "answered_at", "reference_number")


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asked about whom: a person by her card, or a membership by number."""

    terminal: Terminal
    person: str | None = None
    membership: Membership | None = None
    consents: frozenset[str] = frozenset()


class Judge:
    """Takes answers in, and compares the sample of them in the end."""

    def __init__(self, country: Country) -> None:
        self._country = country
        self._taken = 0
        self._sample: list[tuple[Asked, Outcome]] = []

    def take(self, asked: Asked, outcome: Outcome) -> None:
        """Note an answer, or a refusal by the rule."""
        self._taken += 1
        if self._taken <= FIRST or self._taken % THEN_EVERY == 0:
            self._sample.append((asked, outcome))

    @property
    def compared(self) -> int:
        """How many answers the sample holds."""
        return len(self._sample)

    def wrong(self, today: date) -> Counter[str]:
        """How many of the sample are wrong, by what is. `today`: the day that is asked about, in Tokyo."""
        faults: Counter[str] = Counter()
        records: set[str] = set()
        for asked, outcome in self._sample:
            told = _told(outcome)
            record = told.get("record_id")
            if record is not None and record in records:
                faults["record-id-repeated"] += 1
            records.add(str(record))
            faults.update(self._fault(asked, told, today))
        return faults

    def _fault(self, asked: Asked, told: dict[str, Any], today: date) -> list[str]:
        if "refused" not in told and told.get("as_of") != today.isoformat():
            return ["as_of"]
        question = Question(
            today,
            asked.terminal.institution_code,
            asked.terminal.kind,
            asked.consents,
            person=asked.person,
            membership=asked.membership,
        )
        right = self._country.answer(question)
        by_rule = {name: value for name, value in told.items() if name not in _NOT_BY_RULE}
        if by_rule == right:
            return []
        return [_difference(by_rule, right)]


def _told(outcome: Outcome) -> dict[str, Any]:
    if outcome.failure is not None:
        return {"refused": outcome.failure}
    told = json.loads(outcome.body)
    return told if isinstance(told, dict) else {}


def _difference(told: dict[str, Any], right: dict[str, Any]) -> str:
    """Where the two differ: names of members only, never a person's values."""
    return "+".join(sorted(_paths(told, right)))


def _paths(told: Any, right: Any, name: str = "") -> Iterator[str]:
    if isinstance(told, dict) and isinstance(right, dict):
        for member in told.keys() | right.keys():
            yield from _paths(told.get(member), right.get(member), f"{name}.{member}" if name else member)
    elif isinstance(told, list) and isinstance(right, list) and len(told) == len(right):
        for one, other in zip(told, right, strict=True):
            yield from _paths(one, other, name)
    elif isinstance(told, list) and isinstance(right, list):
        yield f"{name} ({len(told)} for {len(right)})"
    elif told != right:
        yield name
