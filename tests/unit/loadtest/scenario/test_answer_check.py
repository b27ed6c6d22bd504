"""The sample of answers, and its comparison with the reference model."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from loadtest.model.answer import Answer, Question
from loadtest.scenario.answer_check import AnswerChecker
from loadtest.scenario.answer_sample import (
    INITIAL_COUNT,
    MIN_PER_SECOND,
    SAMPLE_INTERVAL,
    AnswerSample,
    CheckQuery,
    SampledAnswer,
)
from loadtest.scenario.visits import Outcome
from tests.unit.loadtest.dataset.builders import terminal

TODAY = date(2026, 11, 26)
RIGHT: Answer = {
    "unchanged": False,
    "validity": "1",
    "as_of": "2026-11-26",
    "results": [{"name": "試験　見本"}],
}
QUERY = CheckQuery.at(terminal(), person="R1-00000001")


BEGAN = datetime(2026, 11, 26, 1, tzinfo=UTC)
CHANGED = BEGAN + timedelta(seconds=10)
AT_ONCE = BEGAN + timedelta(seconds=0.05)


class FakeModel:
    """Answers every question alike, with `later` from the instant of the change on."""

    def __init__(self, answer: Answer, later: Answer | None = None) -> None:
        self._answer = answer
        self._later = later

    @property
    def changes(self) -> list[datetime]:
        return [CHANGED] if self._later is not None else []

    def answer(self, question: Question, known_at: datetime) -> Answer:
        assert (question.as_of, question.person) == (TODAY, QUERY.person)
        return self._later if self._later is not None and known_at >= CHANGED else self._answer


def checker(expected: Answer | None = None, later: Answer | None = None) -> AnswerChecker:
    return AnswerChecker(FakeModel(expected or RIGHT, later), BEGAN)


def answered(record: int = 0, at: datetime = AT_ONCE, **changes: Any) -> Outcome:
    others = {
        "record_id": f"record-{record}",
        "version": "v",
        "answered_at": at.isoformat(),
        "reference_number": None,
    }
    return Outcome(200, json.dumps(RIGHT | others | changes).encode())


def answer_of(outcome: Outcome, began: float = 0.0, ended: float = 0.1) -> SampledAnswer:
    return SampledAnswer(QUERY, outcome, began, ended)


@pytest.mark.parametrize(
    ("count", "kept"),
    [
        (10, 10),
        (INITIAL_COUNT, INITIAL_COUNT),
        (INITIAL_COUNT + SAMPLE_INTERVAL, INITIAL_COUNT + 1),
        (100_000, INITIAL_COUNT + 99_000 // SAMPLE_INTERVAL),
    ],
)
def test_a_thousand_answers_and_one_per_cent_are_sampled(count: int, kept: int) -> None:
    sample, answer = AnswerSample(), answer_of(answered())
    for _ in range(count):
        sample.add(answer)
    assert (sample.count, len(sample.drain()), sample.sampled) == (count, kept, [])
    assert kept >= min(count, max(INITIAL_COUNT, count / 100))


def test_some_answers_of_every_second_are_sampled() -> None:
    sample, answer = AnswerSample(), answered()
    for second in range(100):
        for _ in range(40):
            sample.add(answer_of(answer, second, second + 0.5))
    of_seconds = Counter(int(one.ended) for one in sample.sampled)
    assert all(of_seconds[second] >= MIN_PER_SECOND for second in range(100))
    assert len(sample.sampled) <= INITIAL_COUNT + 100 * MIN_PER_SECOND + 4000 / SAMPLE_INTERVAL


@pytest.mark.parametrize(
    ("outcome", "expected", "faults"),
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
def test_a_wrong_answer_is_counted_by_the_members_that_differ(
    outcome: Outcome, expected: Answer, faults: dict[str, int]
) -> None:
    assert checker(expected).count_wrong([answer_of(outcome)]) == Counter(faults)


def test_a_repeated_record_is_a_fault() -> None:
    assert checker().count_wrong([answer_of(answered(1)), answer_of(answered(1))]) == Counter(
        {"record-id-repeated": 1}
    )


OLD, NEW = RIGHT, RIGHT | {"validity": "2"}
MIXED = RIGHT | {"results": [{"name": "見本　試験"}]}


@pytest.mark.parametrize(
    ("answer", "at", "right"),
    [
        (OLD, 9.999, True),
        (NEW, 9.999, False),
        (OLD, 10.0, False),
        (NEW, 10.0, True),
        (MIXED, 10.0, False),
    ],
)
def test_an_answer_must_be_that_of_its_instant_and_never_a_mixture(
    answer: Answer, at: float, right: bool
) -> None:
    outcome = answered(at=BEGAN + timedelta(seconds=at), **answer)
    assert (not checker(OLD, NEW).count_wrong([answer_of(outcome, 9.9, 10.2)])) is right


@pytest.mark.parametrize("at", [-2.0, 3.0])
def test_an_answers_instant_lies_between_request_and_arrival(at: float) -> None:
    outcome = answered(at=BEGAN + timedelta(seconds=at))
    assert checker().count_wrong([answer_of(outcome)]) == Counter({"answered_at": 1})


@pytest.mark.parametrize(
    ("began", "ended", "right"), [(9.0, 9.9, False), (9.5, 10.5, True), (10.1, 10.2, True)]
)
def test_a_refusal_may_be_of_any_instant_between_request_and_arrival(
    began: float, ended: float, right: bool
) -> None:
    refused = Outcome(409, b"", "card-not-usable")
    wrong = checker(OLD, {"refused": "card-not-usable"}).count_wrong([answer_of(refused, began, ended)])
    assert (not wrong) is right


@pytest.mark.parametrize(
    ("flag", "at", "faults"),
    [
        (True, AT_ONCE.isoformat(), {}),
        (False, None, {}),
        (True, None, {"results.limit_certificate_consent_at": 1}),
        (True, CHANGED.isoformat(), {"results.limit_certificate_consent_at": 1}),
        (False, AT_ONCE.isoformat(), {"results.limit_certificate_consent_at": 1}),
    ],
)
def test_the_flag_of_the_limit_certificate_has_the_instant_of_the_answer(
    flag: bool, at: str | None, faults: dict[str, int]
) -> None:
    """Rule S5."""
    result = {"name": "試験　見本", "limit_certificate_consent": flag}
    answer = answered(results=[result | {"limit_certificate_consent_at": at}])
    assert checker(RIGHT | {"results": [result]}).count_wrong([answer_of(answer)]) == Counter(faults)


@pytest.mark.parametrize("results", [None, 1, "x", [None], [1]])
def test_results_of_another_form_are_a_wrong_answer(results: Any) -> None:
    assert checker().count_wrong([answer_of(answered(results=results))]).total() == 1


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'"1"', b"null", b"\xff", b'{"validity": "1"'])
def test_a_body_that_is_no_answer_is_a_wrong_answer_and_not_the_end_of_the_run(body: bytes) -> None:
    assert checker().count_wrong([answer_of(Outcome(200, body))]) == Counter(as_of=1)


@pytest.mark.parametrize("instant", ["", "yesterday", "2026-11-26", "2026-11-26T01:00:00", None, 1, []])
def test_an_answer_without_an_aware_instant_is_wrong(instant: Any) -> None:
    outcome = answered(answered_at=instant)
    assert checker().count_wrong([answer_of(outcome)]) == Counter(answered_at=1)


def test_faults_name_members_and_never_a_persons_values() -> None:
    wrong: dict[str, Any] = {
        "results": [{"name": "漏洩　禁止", "address": {"town": "見本市"}}],
        "extra": {"number": "1234"},
    }
    [fault] = checker().count_wrong([answer_of(answered(**wrong))])
    assert fault == "extra+results.address+results.name"


def test_faults_of_many_answers_are_counted() -> None:
    answers = [answer_of(answered(n, validity="2" if n % 3 else "1")) for n in range(9)]
    assert checker().count_wrong(answers) == Counter(validity=6)
