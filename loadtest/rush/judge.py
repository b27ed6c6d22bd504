"""Was every answer right? The sample of them is held against the naive model.

The answers are kept while the load runs, and compared when it is over: the generator's core belongs to the load.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

from loadtest.model.answer import Question
from loadtest.nation.country import Country
from loadtest.rush.sample import Asked, Kept
from loadtest.rush.visits import Outcome

REFUSALS = frozenset({"card-not-usable", "eligibility-not-confirmable"})
"""Refusals by the rule: answers like any other, and right where the model refuses too."""

_NOT_BY_RULE = ("version", "record_id", "answered_at", "reference_number")


class Judge:
    """Compares a sample of answers with what the naive model says."""

    def __init__(self, country: Country) -> None:
        self._country = country

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
            faults.update(self._fault(kept.asked, told, today))
        return faults

    def _fault(self, asked: Asked, told: dict[str, Any], today: date) -> list[str]:
        if "refused" not in told and told.get("as_of") != today.isoformat():
            return ["as_of"]
        question = Question(
            today,
            asked.institution_code,
            asked.facility_kind,
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
