"""Compares the sampled answers with the reference model.

Answers are sampled while the load runs, and compared after it: the comparison must not take processor time
from the load.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Protocol

from loadtest.clock import day_in_japan
from loadtest.model.answer import Answer, Question
from loadtest.scenario.answer_sample import CheckQuery, SampledAnswer
from loadtest.scenario.visits import Outcome

REFUSALS = frozenset({"card-not-usable", "eligibility-not-confirmable"})
"""Refusals that a rule requires: answers like any other, right where the model refuses too."""

_NOT_COMPARED = ("version", "record_id", "answered_at", "reference_number", "certificate_renewal")

_FLAGGED_AT = "limit_certificate_consent_at"

_CLOCK_TOLERANCE = timedelta(seconds=1)
"""Largest difference to the fund's clock. On one machine there is none, but the start of the run is recorded
a moment late.
"""


class ReferenceModel(Protocol):
    """The reference model with all data of the dataset."""

    @property
    def changes(self) -> Sequence[datetime]:
        """The times during the run at which the data change."""

    def answer(self, question: Question, known_at: datetime) -> Answer:
        """The answer that the fund should give by the data known at an instant."""


class AnswerChecker:
    """Compares a sample of answers with the model's, as of the time of each."""

    def __init__(self, model: ReferenceModel, started_at: datetime) -> None:
        """`started_at`: start of the run (aware)."""
        self._model = model
        self._started_at = started_at

    def count_wrong(self, sample: Iterable[SampledAnswer]) -> Counter[str]:
        """The number of wrong answers by fault. Every check asks about its own day in Japan."""
        faults: Counter[str] = Counter()
        records: set[str] = set()
        for sampled in sample:
            answer = _answer(sampled.outcome)
            record = answer.get("record_id")
            if record is not None and record in records:
                faults["record-id-repeated"] += 1
            records.add(str(record))
            faults.update(self._fault(sampled, answer))
        return faults

    def _fault(self, sampled: SampledAnswer, answer: dict[str, Any]) -> list[str]:
        days = self._days(sampled)
        if "refused" not in answer:
            days = [day for day in days if answer.get("as_of") == day.isoformat()]
        if not days:
            return ["as_of"]
        instants = self._instants(sampled, answer)
        if not instants:
            return ["answered_at"]
        questions = [_question(sampled.query, day) for day in days]
        expected = [self._model.answer(one, instant) for one in questions for instant in instants]
        if not all(_flag_has_its_instant(result, answer) for result in _results(answer)):
            return ["results.limit_certificate_consent_at"]
        compared = _compared(answer)
        if compared in expected:
            return []
        return [_difference(compared, expected[0])]

    def _days(self, sampled: SampledAnswer) -> list[date]:
        """The day of the request in Japan, and that of the answer if midnight came between them."""
        instants = (self._started_at + timedelta(seconds=at) for at in (sampled.began, sampled.ended))
        return list(dict.fromkeys(map(day_in_japan, instants)))

    def _instants(self, sampled: SampledAnswer, answer: dict[str, Any]) -> list[datetime]:
        """The instants at which the answer may have been true.

        An answer names one; for a refusal, which names none, any during the request is possible. Empty if the
        answer names an instant before its request or after its arrival.
        """
        began, ended = (self._started_at + timedelta(seconds=at) for at in (sampled.began, sampled.ended))
        if "answered_at" not in answer:
            between = (at for at in self._model.changes if began < at <= ended)
            return [began, *between]
        named = _instant(answer["answered_at"])
        if named is None or not began - _CLOCK_TOLERANCE <= named <= ended + _CLOCK_TOLERANCE:
            return []
        return [named]


def _results(answer: dict[str, Any]) -> list[dict[str, Any]]:
    """The results that are JSON objects."""
    results = answer.get("results")
    return [one for one in results if isinstance(one, dict)] if isinstance(results, list) else []


def _flag_has_its_instant(result: dict[str, Any], answer: dict[str, Any]) -> bool:
    """Whether the flag of the limit certificate has the instant of the answer, and none if it is not set (S5)."""
    expected = answer.get("answered_at") if result.get("limit_certificate_consent") else None
    return bool(result.get(_FLAGGED_AT) == expected)


def _compared(answer: dict[str, Any]) -> dict[str, Any]:
    """The members of an answer that the model determines."""
    compared = {name: value for name, value in answer.items() if name not in _NOT_COMPARED}
    for result in _results(compared):
        result.pop(_FLAGGED_AT, None)
    return compared


def _question(query: CheckQuery, today: date) -> Question:
    return Question(
        today,
        query.institution_code,
        query.facility_kind,
        query.consents,
        person=query.person,
        membership=query.membership,
    )


def _answer(outcome: Outcome) -> dict[str, Any]:
    return parse_answer(outcome.body) if outcome.failure is None else {"refused": outcome.failure}


def parse_answer(body: bytes) -> dict[str, Any]:
    """The members of an answer; none of a body that is no JSON object."""
    try:
        answer = json.loads(body)
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}


def _instant(text: Any) -> datetime | None:
    """An instant as written in an answer; None if it is none, or of an unknown zone."""
    try:
        instant = datetime.fromisoformat(text)
    except (ValueError, TypeError):
        return None
    return instant if instant.tzinfo is not None else None


def _difference(answer: dict[str, Any], expected: dict[str, Any]) -> str:
    """Names of the members that differ, without a person's values."""
    return "+".join(sorted(_paths(answer, expected)))


def _paths(answer: Any, expected: Any, name: str = "") -> Iterator[str]:
    if isinstance(answer, dict) and isinstance(expected, dict):
        for member in answer.keys() | expected.keys():
            yield from _paths(
                answer.get(member), expected.get(member), f"{name}.{member}" if name else member
            )
    elif isinstance(answer, list) and isinstance(expected, list) and len(answer) == len(expected):
        for one, other in zip(answer, expected, strict=True):
            yield from _paths(one, other, name)
    elif isinstance(answer, list) and isinstance(expected, list):
        yield f"{name} ({len(answer)} for {len(expected)})"
    elif answer != expected:
        yield name
