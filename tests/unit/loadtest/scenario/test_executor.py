"""Arrivals are open: a visit never waits for the answer to another, and delays count as latency."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest
import uvloop

from loadtest.scenario.answer_sample import AnswerSample, CheckQuery
from loadtest.scenario.executor import DRAIN_SECONDS, Executor, ScheduledBatch, ScheduledVisit
from loadtest.scenario.run_stats import RunStats
from loadtest.scenario.visits import Outcome
from tests.unit.loadtest.dataset.builders import terminal

QUERY = CheckQuery.at(terminal(), person="R1-00000001")
ANSWERED = Outcome(200, b"{}")


def run(
    *schedule: ScheduledVisit | ScheduledBatch, drain_seconds: float = DRAIN_SECONDS
) -> tuple[RunStats, AnswerSample]:
    stats, sample = RunStats(), AnswerSample()
    asyncio.run(Executor(stats, sample).run(schedule, drain_seconds))
    return stats, sample


def test_visits_start_while_none_is_answered() -> None:
    count = 50
    begun: list[int] = []
    all_begun = asyncio.Event()

    async def visit() -> Outcome:
        begun.append(1)
        if len(begun) == count:
            all_begun.set()
        await all_begun.wait()
        return ANSWERED

    stats, sample = run(*(ScheduledVisit(place * 0.001, QUERY, visit) for place in range(count)))
    assert (stats.offered, stats.answered, sample.count) == (count, count, count)


def test_no_visit_starts_before_its_instant() -> None:
    """The loop of the generators has timers of whole milliseconds."""

    async def visit() -> Outcome:
        return ANSWERED

    instants = [place * 0.000_7 for place in range(100)]
    sample = AnswerSample()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        schedule = [ScheduledVisit(at, QUERY, visit) for at in instants]
        runner.run(Executor(RunStats(), sample).run(schedule))
    begun = [answer.began for answer in sample.drain()]
    assert len(begun) == len(instants)
    assert all(began >= at for began, at in zip(begun, instants, strict=True))


def test_latency_counts_from_the_scheduled_time() -> None:
    async def visit() -> Outcome:
        return ANSWERED

    stats, _ = run(ScheduledVisit(-0.5, QUERY, visit))
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
def test_a_refusal_by_rule_is_an_answer_and_any_other_an_error(
    outcome: Outcome, answered: int, errors: dict[str, int]
) -> None:
    async def visit() -> Outcome:
        return outcome

    stats, sample = run(ScheduledVisit(0, QUERY, visit))
    assert (stats.answered, +stats.errors, sample.count) == (answered, Counter(errors), answered)


def test_a_sign_in_is_not_counted_as_a_check() -> None:
    async def visit() -> Outcome:
        return ANSWERED

    stats, sample = run(ScheduledVisit(0, None, visit))
    assert (stats.offered, stats.answered, sample.count) == (0, 0, 0)


def test_a_visit_without_an_answer_is_an_error() -> None:
    async def visit() -> Outcome:
        await asyncio.Event().wait()
        return ANSWERED

    stats, _ = run(ScheduledVisit(0, QUERY, visit), drain_seconds=0.01)
    assert (stats.offered, stats.answered, stats.errors["unanswered"]) == (1, 0, 1)


def test_a_follow_up_is_sampled_too_and_not_part_of_the_latency() -> None:
    async def visit() -> Outcome:
        return ANSWERED

    async def follow_up(outcome: Outcome) -> Outcome:
        assert outcome is ANSWERED
        await asyncio.sleep(0.05)
        return ANSWERED

    stats, sample = run(ScheduledVisit(0, QUERY, visit, (QUERY, follow_up)))
    assert (stats.answered, sample.count) == (1, 2)
    assert stats.checks.max_ms < 50 <= stats.last_answer_at * 1000


def test_a_failed_follow_up_is_an_error_of_an_answered_check() -> None:
    async def visit() -> Outcome:
        return ANSWERED

    async def follow_up(_: Outcome) -> Outcome:
        return Outcome(409, b"", "consent-words-differ")

    stats, _ = run(ScheduledVisit(0, QUERY, visit, (QUERY, follow_up)))
    assert (stats.answered, stats.errors) == (1, Counter({"consent-words-differ": 1}))


def test_an_exception_in_a_visit_is_an_error() -> None:
    async def visit() -> Outcome:
        raise KeyError("challenge")

    stats, _ = run(ScheduledVisit(0, QUERY, visit))
    assert (stats.offered, stats.answered, stats.errors) == (
        1,
        0,
        Counter({"unexpected response: KeyError": 1}),
    )


def test_a_second_contains_the_visits_scheduled_in_it() -> None:
    async def answered() -> Outcome:
        return ANSWERED

    async def refused() -> Outcome:
        return Outcome(503, b"", "overloaded")

    stats, _ = run(
        ScheduledVisit(-1, QUERY, answered),
        ScheduledVisit(0, QUERY, answered),
        ScheduledVisit(0.001, QUERY, refused),
        ScheduledVisit(0.002, None, refused),
    )
    [second] = stats.series
    assert (second.offered, second.answered, second.errors) == (3, 2, Counter(overloaded=2))
    assert second.checks.count == 3


def test_each_row_of_a_batch_is_a_check_from_its_scheduled_time() -> None:
    async def visit() -> list[Outcome]:
        return [ANSWERED, Outcome(409, b"", "eligibility-not-confirmable"), Outcome(503, b"", "overloaded")]

    stats, sample = run(ScheduledBatch(-0.5, [QUERY] * 3, visit))
    assert (stats.offered, stats.answered, sample.count) == (3, 2, 2)
    assert stats.errors == Counter({"overloaded": 1})
    assert stats.checks.count == 3
    assert stats.checks.percentile_ms(0.01) >= 495
