"""Arrivals are open: nobody's start waits for somebody else's answer, and waiting is counted."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest

from loadtest.scenario.answer_sample import Asked, Sample
from loadtest.scenario.executor import DRAIN_SECONDS, Driver, Due, DueBatch
from loadtest.scenario.run_stats import Seen
from loadtest.scenario.visits import Outcome
from tests.unit.loadtest.dataset.builders import terminal

ASKED = Asked.at(terminal(), person="R1-00000001")
ANSWERED = Outcome(200, b"{}")


def driven(*dues: Due | DueBatch, drain_seconds: float = DRAIN_SECONDS) -> tuple[Seen, Sample]:
    seen, sample = Seen(), Sample()
    asyncio.run(Driver(seen, sample).run(dues, drain_seconds))
    return seen, sample


def test_every_visit_begins_though_none_is_answered_yet() -> None:
    count = 50
    begun: list[int] = []
    all_there = asyncio.Event()

    async def visit() -> Outcome:
        begun.append(1)
        if len(begun) == count:
            all_there.set()
        await all_there.wait()
        return ANSWERED

    seen, sample = driven(*(Due(place * 0.001, ASKED, visit) for place in range(count)))
    assert (seen.offered, seen.answered, sample.taken) == (count, count, count)


def test_latency_counts_from_the_intended_start() -> None:
    async def visit() -> Outcome:
        return ANSWERED

    seen, _ = driven(Due(-0.5, ASKED, visit))
    assert seen.checks.longest_ms >= 500
    assert seen.lags.longest_ms >= 500


@pytest.mark.parametrize(
    ("outcome", "answered", "errors"),
    [
        (ANSWERED, 1, {}),
        (Outcome(409, b"", "card-not-usable"), 1, {}),
        (Outcome(503, b"", "overloaded"), 0, {"overloaded": 1}),
        (Outcome(0, b"", "line: timeout"), 0, {"line: timeout": 1}),
    ],
)
def test_a_refusal_by_the_rule_is_an_answer_and_anything_else_an_error(
    outcome: Outcome, answered: int, errors: dict[str, int]
) -> None:
    async def visit() -> Outcome:
        return outcome

    seen, sample = driven(Due(0, ASKED, visit))
    assert (seen.answered, +seen.errors, sample.taken) == (answered, Counter(errors), answered)


def test_a_sign_in_is_no_check() -> None:
    async def visit() -> Outcome:
        return ANSWERED

    seen, sample = driven(Due(0, None, visit))
    assert (seen.offered, seen.answered, sample.taken) == (0, 0, 0)


def test_what_is_never_answered_is_told() -> None:
    async def visit() -> Outcome:
        await asyncio.Event().wait()
        return ANSWERED

    seen, _ = driven(Due(0, ASKED, visit), drain_seconds=0.01)
    assert (seen.offered, seen.answered, seen.errors["unanswered"]) == (1, 0, 1)


def test_what_follows_an_answered_check_is_judged_too_and_is_no_part_of_its_latency() -> None:
    async def visit() -> Outcome:
        return ANSWERED

    async def follow(outcome: Outcome) -> Outcome:
        assert outcome is ANSWERED
        await asyncio.sleep(0.05)
        return ANSWERED

    seen, sample = driven(Due(0, ASKED, visit, (ASKED, follow)))
    assert (seen.answered, sample.taken) == (1, 2)
    assert seen.checks.longest_ms < 50 <= seen.last_answer_after * 1000


def test_a_failure_of_what_follows_is_an_error_and_the_check_was_answered() -> None:
    async def visit() -> Outcome:
        return ANSWERED

    async def follow(_: Outcome) -> Outcome:
        return Outcome(409, b"", "consent-words-differ")

    seen, _ = driven(Due(0, ASKED, visit, (ASKED, follow)))
    assert (seen.answered, seen.errors) == (1, Counter({"consent-words-differ": 1}))


def test_what_an_answer_breaks_is_an_error() -> None:
    async def visit() -> Outcome:
        raise KeyError("challenge")

    seen, _ = driven(Due(0, ASKED, visit))
    assert (seen.offered, seen.answered, seen.errors) == (1, 0, Counter({"not understood: KeyError": 1}))


def test_every_second_shows_what_was_meant_to_begin_in_it() -> None:
    async def well() -> Outcome:
        return ANSWERED

    async def badly() -> Outcome:
        return Outcome(503, b"", "overloaded")

    seen, _ = driven(
        Due(-1, ASKED, well), Due(0, ASKED, well), Due(0.001, ASKED, badly), Due(0.002, None, badly)
    )
    [second] = seen.series
    assert (second.offered, second.answered, second.errors) == (3, 2, Counter(overloaded=2))
    assert second.checks.count == 3


def test_each_row_of_a_batch_is_a_check_from_when_it_was_to_be_handed_in() -> None:
    async def visit() -> list[Outcome]:
        return [ANSWERED, Outcome(409, b"", "eligibility-not-confirmable"), Outcome(503, b"", "overloaded")]

    seen, sample = driven(DueBatch(-0.5, [ASKED] * 3, visit))
    assert (seen.offered, seen.answered, sample.taken) == (3, 2, 2)
    assert seen.errors == Counter({"overloaded": 1})
    assert seen.checks.count == 3
    assert seen.checks.percentile_ms(0.01) >= 495
