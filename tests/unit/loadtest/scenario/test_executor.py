"""Arrivals are open: nobody's start waits for somebody else's answer, and waiting is counted."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest

from loadtest.scenario.answer_sample import CheckQuery, AnswerSample
from loadtest.scenario.executor import DRAIN_SECONDS, Executor, ScheduledVisit, ScheduledBatch
from loadtest.scenario.run_stats import RunStats
from loadtest.scenario.visits import Outcome
from tests.unit.loadtest.dataset.builders import terminal

ASKED = CheckQuery.at(terminal(), person="R1-00000001")
ANSWERED = Outcome(200, b"{}")


def driven(*dues: ScheduledVisit | ScheduledBatch, drain_seconds: float = DRAIN_SECONDS) -> tuple[RunStats, AnswerSample]:
    stats, sample = RunStats(), AnswerSample()
    asyncio.run(Executor(stats, sample).run(dues, drain_seconds))
    return stats, sample


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

    stats, sample = driven(*(ScheduledVisit(place * 0.001, ASKED, visit) for place in range(count)))
    assert (stats.offered, stats.answered, sample.taken) == (count, count, count)


def test_latency_counts_from_the_intended_start() -> None:
    async def visit() -> Outcome:
        return ANSWERED

    stats, _ = driven(ScheduledVisit(-0.5, ASKED, visit))
    assert stats.checks.max_ms >= 500
    assert stats.start_delays.max_ms >= 500


@pytest.mark.parametrize(
    ("outcome", "answered", "errors"),
    [
        (ANSWERED, 1, {}),
        (Outcome(409, b"", "card-not-usable"), 1, {}),
        (Outcome(503, b"", "overloaded"), 0, {"overloaded": 1}),
        (Outcome(0, b"", "network: timeout"), 0, {"network: timeout": 1}),
    ],
)
def test_a_refusal_by_the_rule_is_an_answer_and_anything_else_an_error(
    outcome: Outcome, answered: int, errors: dict[str, int]
) -> None:
    async def visit() -> Outcome:
        return outcome

    stats, sample = driven(ScheduledVisit(0, ASKED, visit))
    assert (stats.answered, +stats.errors, sample.taken) == (answered, Counter(errors), answered)


def test_a_sign_in_is_no_check() -> None:
    async def visit() -> Outcome:
        return ANSWERED

    stats, sample = driven(ScheduledVisit(0, None, visit))
    assert (stats.offered, stats.answered, sample.taken) == (0, 0, 0)


def test_what_is_never_answered_is_told() -> None:
    async def visit() -> Outcome:
        await asyncio.Event().wait()
        return ANSWERED

    stats, _ = driven(ScheduledVisit(0, ASKED, visit), drain_seconds=0.01)
    assert (stats.offered, stats.answered, stats.errors["unanswered"]) == (1, 0, 1)


def test_what_follows_an_answered_check_is_judged_too_and_is_no_part_of_its_latency() -> None:
    async def visit() -> Outcome:
        return ANSWERED

    async def follow(outcome: Outcome) -> Outcome:
        assert outcome is ANSWERED
        await asyncio.sleep(0.05)
        return ANSWERED

    stats, sample = driven(ScheduledVisit(0, ASKED, visit, (ASKED, follow)))
    assert (stats.answered, sample.taken) == (1, 2)
    assert stats.checks.max_ms < 50 <= stats.last_answer_after * 1000


def test_a_failure_of_what_follows_is_an_error_and_the_check_was_answered() -> None:
    async def visit() -> Outcome:
        return ANSWERED

    async def follow(_: Outcome) -> Outcome:
        return Outcome(409, b"", "consent-words-differ")

    stats, _ = driven(ScheduledVisit(0, ASKED, visit, (ASKED, follow)))
    assert (stats.answered, stats.errors) == (1, Counter({"consent-words-differ": 1}))


def test_what_an_answer_breaks_is_an_error() -> None:
    async def visit() -> Outcome:
        raise KeyError("challenge")

    stats, _ = driven(ScheduledVisit(0, ASKED, visit))
    assert (stats.offered, stats.answered, stats.errors) == (1, 0, Counter({"not understood: KeyError": 1}))


def test_every_second_shows_what_was_meant_to_begin_in_it() -> None:
    async def well() -> Outcome:
        return ANSWERED

    async def badly() -> Outcome:
        return Outcome(503, b"", "overloaded")

    stats, _ = driven(
        ScheduledVisit(-1, ASKED, well), ScheduledVisit(0, ASKED, well), ScheduledVisit(0.001, ASKED, badly), ScheduledVisit(0.002, None, badly)
    )
    [second] = stats.series
    assert (second.offered, second.answered, second.errors) == (3, 2, Counter(overloaded=2))
    assert second.checks.count == 3


def test_each_row_of_a_batch_is_a_check_from_when_it_was_to_be_handed_in() -> None:
    async def visit() -> list[Outcome]:
        return [ANSWERED, Outcome(409, b"", "eligibility-not-confirmable"), Outcome(503, b"", "overloaded")]

    stats, sample = driven(ScheduledBatch(-0.5, [ASKED] * 3, visit))
    assert (stats.offered, stats.answered, sample.taken) == (3, 2, 2)
    assert stats.errors == Counter({"overloaded": 1})
    assert stats.checks.count == 3
    assert stats.checks.percentile_ms(0.01) >= 495
