"""Statistics by second, and of several generators together."""

from __future__ import annotations

import json
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadtest.scenario.run_stats import RunStats, TimeSeries
from tests.depth import max_examples


def stats_of(*checks: tuple[float, float]) -> RunStats:
    """Answered checks by scheduled time and latency in seconds; one request at the end of each."""
    stats = RunStats()
    for at, seconds in checks:
        stats.check_began(at)
        stats.check_ended(at, seconds, answered=True)
        stats.request("number", seconds, at + seconds)
    return stats


def test_a_check_counts_in_its_scheduled_second_and_a_request_in_that_of_its_answer() -> None:
    stats = stats_of((0.5, 0.1), (0.9, 3.0))
    assert [second.offered for second in stats.series] == [2, 0, 0, 0]
    assert [second.requests for second in stats.series] == [1, 0, 0, 1]
    assert stats.series.at(0).checks.max_ms == 3000


def test_an_error_counts_in_total_and_in_its_second() -> None:
    stats = RunStats()
    for at in (0.0, 2.1, 2.9):
        stats.error("overloaded", at)
    assert stats.errors == Counter(overloaded=3)
    assert [second.errors["overloaded"] for second in stats.series] == [1, 0, 2]


def test_seconds_are_merged() -> None:
    series = stats_of((0, 0.1), (1, 0.2), (2, 0.3)).series
    some = series.between(1, 3)
    assert (some.offered, some.checks.max_ms) == (2, 300)
    assert series.between(3, 9).offered == 0


def test_the_statistics_of_two_generators_are_merged() -> None:
    one, other = stats_of((0, 0.1)), stats_of((0, 0.3), (4, 0.2))
    other.error("overloaded", 4)
    other.last_answer_at = 4.2
    one.merge(other)
    assert (one.offered, one.answered, one.checks.count, one.errors) == (3, 3, 3, Counter(overloaded=1))
    assert (one.requests["number"].count, one.last_answer_at) == (3, 4.2)
    assert [second.offered for second in one.series] == [2, 0, 0, 0, 1]


def test_statistics_survive_their_transfer() -> None:
    stats = stats_of((0, 0.1), (0.2, 0.3), (4, 0.2))
    stats.error("overloaded", 4)
    stats.start_delays.add(1.5)
    stats.last_answer_at = 4.2
    again = RunStats.from_message(json.loads(json.dumps(stats.to_message())))
    assert again.to_message() == stats.to_message()
    assert (again.offered, again.answered, again.errors) == (3, 3, Counter(overloaded=1))
    assert again.checks == stats.checks


def test_a_run_without_events_has_no_seconds() -> None:
    assert len(TimeSeries()) == 0
    assert RunStats.from_message(RunStats().to_message()).offered == 0


def test_checks_by_number_are_counted_separately() -> None:
    stats = RunStats()
    for answered, by_number in ((True, True), (False, True), (True, False)):
        stats.check_began(0.5)
        stats.check_ended(0.5, 0.1, answered=answered, by_number=by_number)
    second = RunStats.from_message(json.loads(json.dumps(stats.to_message()))).series.at(0)
    assert (second.checks.count, second.numbers.count, second.numbers_failed) == (3, 2, 1)


@st.composite
def runs(draw: st.DrawFn) -> RunStats:
    """The statistics of some checks, requests and errors."""
    stats = RunStats()
    for at, seconds, answered, by_number in draw(
        st.lists(
            st.tuples(st.floats(0, 20), st.floats(0.001, 3), st.booleans(), st.booleans()),
            min_size=1,
            max_size=12,
        )
    ):
        stats.check_began(at)
        stats.check_ended(at, seconds, answered=answered, by_number=by_number)
        stats.request("number" if by_number else "card", seconds, at + seconds)
        if not answered:
            stats.error(draw(st.sampled_from(["overloaded", "internal"])), at)
        stats.last_answer_at = max(stats.last_answer_at, at + seconds)
    stats.histories_compared = draw(st.integers(0, 9))
    stats.histories_wrong.update(dict.fromkeys(draw(st.sets(st.sampled_from("ab"))), 1))
    return stats


def merged(*parts: RunStats) -> RunStats:
    total = RunStats()
    for part in parts:
        total.merge(part)
    return total


@max_examples(30)
@given(runs(), runs(), runs())
def test_it_does_not_matter_which_generator_reports_first(
    one: RunStats, two: RunStats, three: RunStats
) -> None:
    forward, backward = merged(one, two, three), merged(three, two, one)
    assert forward.to_message() == backward.to_message()
    assert forward.offered == sum(part.offered for part in (one, two, three))
    assert forward.errors == one.errors + two.errors + three.errors
    assert forward.last_answer_at == max(part.last_answer_at for part in (one, two, three))
    assert forward.histories_compared == sum(part.histories_compared for part in (one, two, three))


@max_examples(30)
@given(runs())
def test_the_totals_are_those_of_the_seconds(stats: RunStats) -> None:
    total = stats.series.between(0, len(stats.series))
    assert (total.offered, total.answered, total.errors) == (stats.offered, stats.answered, stats.errors)
    assert total.checks == stats.checks
    assert total.requests == sum(histogram.count for histogram in stats.requests.values())
    received = RunStats.from_message(json.loads(json.dumps(stats.to_message())))
    assert received.to_message() == stats.to_message()


@max_examples(30)
@given(runs(), st.integers(-3, 25), st.integers(-3, 25))
def test_a_run_is_its_two_halves_wherever_it_is_cut(stats: RunStats, cut: int, other: int) -> None:
    end = len(stats.series)
    before, after = stats.series.between(0, cut), stats.series.between(max(0, cut), end)
    before.merge(after)
    assert before.offered == stats.offered
    assert before.checks == stats.checks
    some = stats.series.between(min(cut, other), max(cut, other))
    assert some.offered <= stats.offered


@pytest.mark.parametrize("at", [-0.5, 0.0, 0.999])
def test_what_began_a_moment_early_belongs_to_the_first_second(at: float) -> None:
    stats = RunStats()
    stats.check_began(at)
    stats.error("overloaded", at)
    assert [(one.offered, one.errors.total()) for one in stats.series] == [(1, 1)]


def test_a_merge_does_not_change_the_merged_part() -> None:
    part = stats_of((0, 0.1), (3, 0.2))
    before = part.to_message()
    total = merged(part, part)
    total.check_began(0)
    total.request("number", 0.5, 0.5)
    assert part.to_message() == before
