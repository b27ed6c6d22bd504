"""The sample of answers, and what is held against the naive model."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date
from typing import Any, cast

import pytest

from loadtest.model.answer import Answer, Question
from loadtest.nation.country import Country
from loadtest.rush.judge import Judge
from loadtest.rush.sample import FIRST, THEN_EVERY, Asked, Kept, Sample
from loadtest.rush.visits import Outcome
from tests.unit.loadtest.nation.builders import terminal

TODAY = date(2026, 11, 26)
RIGHT: Answer = {
    "unchanged": False,
    "validity": "1",
    "as_of": "2026-11-26",
    "results": [{"name": "試験　見本"}],
}
ASKED = Asked.at(terminal(), person="R1-00000001")


class FakeCountry:
    """Answers every question alike."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer

    def answer(self, question: Question) -> Answer:
        assert (question.as_of, question.person) == (TODAY, ASKED.person)
        return self._answer


def judge(right: Answer | None = None) -> Judge:
    return Judge(cast(Country, FakeCountry(right or RIGHT)))


def answered(record: int = 0, **changes: Any) -> Outcome:
    beside = {"record_id": f"record-{record}", "version": "v", "answered_at": "t", "reference_number": None}
    return Outcome(200, json.dumps(RIGHT | beside | changes).encode())


def kept(outcome: Outcome) -> Kept:
    return Kept(ASKED, outcome, 0.0, 0.1)


@pytest.mark.parametrize(
    ("count", "compared"),
    [(10, 10), (FIRST, FIRST), (FIRST + THEN_EVERY, FIRST + 1), (100_000, FIRST + 99_000 // THEN_EVERY)],
)
def test_at_least_a_thousand_and_a_hundredth_are_compared_or_all(count: int, compared: int) -> None:
    sample, answer = Sample(), kept(answered())
    for _ in range(count):
        sample.take(answer)
    assert (sample.taken, len(sample.kept)) == (count, compared)
    assert compared >= min(count, max(FIRST, count / 100))


@pytest.mark.parametrize(
    ("outcome", "right", "faults"),
    [
        (answered(), RIGHT, {}),
        (answered(validity="2"), RIGHT, {"validity": 1}),
        (answered(results=[], validity="4"), RIGHT, {"results (0 for 1)+validity": 1}),
        (answered(results=[{"name": "見本　試験"}]), RIGHT, {"results.name": 1}),
        (answered(as_of="2026-11-25"), RIGHT, {"as_of": 1}),
        (Outcome(409, b"", "card-not-usable"), RIGHT, {"as_of+refused+results+unchanged+validity": 1}),
        (Outcome(409, b"", "card-not-usable"), {"refused": "card-not-usable"}, {}),
        (answered(), {"refused": "card-not-usable"}, {"as_of+refused+results+unchanged+validity": 1}),
    ],
)
def test_an_answer_is_right_or_it_is_told_where_it_differs(
    outcome: Outcome, right: Answer, faults: dict[str, int]
) -> None:
    assert judge(right).wrong([kept(outcome)], TODAY) == Counter(faults)


def test_no_record_is_named_twice() -> None:
    assert judge().wrong([kept(answered(1)), kept(answered(1))], TODAY) == Counter({"record-id-repeated": 1})
