"""Was every answer right? The sample of them is held against the naive model.

The answers are kept while the load runs, and compared when it is over: the generator's core belongs to the load.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Protocol

from loadtest.model.answer import Answer, Question
from loadtest.scenario.answer_sample import Asked, Kept
from loadtest.scenario.visits import Outcome

REFUSALS = frozenset({"card-not-usable", "eligibility-not-confirmable"})
"""Refusals by the rule: answers like any other, and right where the model refuses too."""

_NOT_BY_RULE = ("version", "record_id", "answered_at", "reference_number")


_CLOCKS_APART = timedelta(seconds=1)
"""How far the fund's clock may be from ours: nothing, on one machine, but that the run's beginning is noted a moment off."""


class Knows(Protocol):
    """Who knows the right answers: the naive model with what was said of everybody."""

    @property
    def changes(self) -> Sequence[datetime]:
        """The instants of the run from which something else is known."""

    def answer(self, question: Question, known_at: datetime) -> Answer:
        """What the fund should answer by what was known at an instant."""


class Judge:
    """Compares a sample of answers with what the naive model says was known at their instants."""

    def __init__(self, knows: Knows, began_at: datetime) -> None:
        """`began_at`: when the run began (aware)."""
        self._knows = knows
        self._began_at = began_at

    def wrong(self, sample: Iterable[Kept], today: date) -> Counter[str]:
        """How many of the sample are wrong, by what is. `today`: the day that is asked about, in Tokyo."""
        faults: Counter[str] = Counter()
        records: set[str] = set()
        for kept in sample:
            told = _told(kept.outcome)
            record = told.get("record_id")
            if record is not None and record in records:
                faults["record-id-repeated"] += 1
            records.add(str(record))
            faults.update(self._fault(kept, told, today))
        return faults

    def _fault(self, kept: Kept, told: dict[str, Any], today: date) -> list[str]:
        if "refused" not in told and told.get("as_of") != today.isoformat():
            return ["as_of"]
        instants = self._instants(kept, told)
        if not instants:
            return ["answered_at"]
        question = _question(kept.asked, today)
        right = [self._knows.answer(question, instant) for instant in instants]
        by_rule = {name: value for name, value in told.items() if name not in _NOT_BY_RULE}
        if by_rule in right:
            return []
        return [_difference(by_rule, right[0])]

    def _instants(self, kept: Kept, told: dict[str, Any]) -> list[datetime]:
        """When the answer was true: at the instant that it names. A refusal names none, and may be of any meanwhile.

        None where an answer says that it was given before it was asked for, or after it came.
        """
        began, ended = (self._began_at + timedelta(seconds=after) for after in (kept.began, kept.ended))
        if "answered_at" not in told:
            between = (at for at in self._knows.changes if began < at <= ended)
            return [began, *between]
        named = datetime.fromisoformat(told["answered_at"])
        if not began - _CLOCKS_APART <= named <= ended + _CLOCKS_APART:
            return []
        return [named]


def _question(asked: Asked, today: date) -> Question:
    return Question(
        today,
        asked.institution_code,
        asked.facility_kind,
        asked.consents,
        person=asked.person,
        membership=asked.membership,
    )


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
