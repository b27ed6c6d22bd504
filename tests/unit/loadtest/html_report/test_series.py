"""The lines of the charts: what is summed, what is averaged, and where a line has a gap."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadtest.database.waits import WaitSamples
from loadtest.html_report import series
from loadtest.machine.sampling import Sample, Usage
from loadtest.scenario.run_stats import RunStats, TimeSeries
from tests.depth import max_examples

OFFERED, ANSWERED = "照会（到着） / checks offered", "照会（回答） / checks answered"


def seconds_of(*counts: int, failing: frozenset[int] = frozenset()) -> TimeSeries:
    """A run with so many answered checks a second."""
    stats = RunStats()
    for at, count in enumerate(counts):
        stats.series.at(at)
        for _ in range(count):
            stats.check_began(at)
            if at in failing:
                stats.error("overloaded", at)
            else:
                stats.check_ended(at, 0.01 * (at + 1), answered=True)
    return stats.series


def sample(
    at: float, *, others: float = 0.0, idle: float = 0.0, steal: float = 0.0, **cores: float
) -> Sample:
    processes = {name.replace("_", " "): Usage(one, 100 * one) for name, one in cores.items()}
    return Sample(at, processes, idle, steal, others)


@max_examples(10)
@given(st.integers(0, 2000))
def test_intervals_cover_every_second_once(length: int) -> None:
    run = series.intervals(seconds_of(*[0] * length))
    assert len(run) <= series.MAX_POINTS
    assert sum(one.seconds for one in run) == length
    assert [one.at for one in run] == [sum(before.seconds for before in run[:n]) for n in range(len(run))]


def test_a_short_run_has_a_point_for_every_second() -> None:
    run = series.intervals(seconds_of(1, 0, 3))
    assert series.rates(run)[OFFERED] == [(0.0, 1.0), (1.0, 0.0), (2.0, 3.0)]


def test_the_last_interval_of_a_long_run_is_shorter_and_its_rate_is_not() -> None:
    run = series.intervals(seconds_of(*[2] * 481))
    assert [one.seconds for one in run[-2:]] == [3, 1]
    assert {rate for _, rate in series.rates(run)[ANSWERED]} == {2.0}


def test_latencies_have_a_gap_where_nothing_was_answered() -> None:
    run = series.intervals(seconds_of(4, 4, 4, failing=frozenset({1})))
    p50 = series.latencies(run)["p50"]
    assert [value is None for _, value in p50] == [False, True, False]
    assert p50[2][1] == pytest.approx(30, rel=0.011)
    assert [*series.latencies(run)] == ["p50", "p90", "p99"]


def test_offered_and_answered_checks_are_separate_lines() -> None:
    rates = series.rates(series.intervals(seconds_of(4, 4, failing=frozenset({1}))))
    assert [value for _, value in rates[OFFERED]] == [4.0, 4.0]
    assert [value for _, value in rates[ANSWERED]] == [4.0, 0.0]


def test_errors_are_lines_by_code_with_the_most_frequent_first() -> None:
    stats = RunStats()
    for at, code in ((0, "internal"), (1, "overloaded"), (2, "overloaded")):
        stats.error(code, at)
    lines = series.errors(series.intervals(stats.series))
    assert [*lines] == ["overloaded", "internal"]
    assert lines["overloaded"] == [(0.0, 0.0), (1.0, 1.0), (2.0, 1.0)]
    assert series.errors(series.intervals(seconds_of(3))) == {}


def test_a_process_is_a_line_and_all_others_are_one() -> None:
    lines = series.processors(
        [sample(10.0, others=0.5, api_1=0.25), sample(11.0, others=0.1, api_1=0.75)], 10.0
    )
    assert lines == {"api 1": [(0.0, 0.25), (1.0, 0.75)], series.OTHERS: [(0.0, 0.5), (1.0, 0.1)]}


def test_a_sample_a_moment_before_the_start_counts_as_its_start() -> None:
    assert series.host([sample(9.5, idle=0.25, steal=0.125)], 10.0) == {
        "アイドル / idle": [(0.0, 25.0)], "スチール時間 / steal": [(0.0, 12.5)],
    }  # fmt: skip


def test_a_thinned_process_is_averaged_over_the_samples_in_which_it_lived() -> None:
    samples = [sample(float(at), **({"api_1": 0.5} if at % 2 else {}), jlis=0.1) for at in range(480)]
    lines = series.memory(samples, 0.0)
    assert len(lines["api 1"]) == 240
    assert {value for _, value in lines["api 1"]} == {50.0}
    assert [at for at, _ in lines["jlis"]][:3] == [0.0, 2.0, 4.0]


@pytest.mark.parametrize("lines", [series.processors, series.memory])
def test_without_samples_there_is_no_line(lines: object) -> None:
    assert callable(lines)
    assert lines([], 0.0) == {}


def test_waits_are_the_mean_number_of_sessions_of_each_second() -> None:
    samples = WaitSamples()
    for at, sessions in ((5.0, 2), (5.2, 4), (6.1, 1)):
        row = {"state": "active", "wait_event_type": "IO", "wait_event": "WalSync", "sessions": sessions}
        samples.add(at, [row, {**row, "wait_event_type": None, "wait_event": None, "sessions": 1}])
    samples.add(7.0, [])
    lines = series.waits(samples, 5.0)
    assert lines == {"CPU": [(0.0, 1.0), (1.0, 1.0), (2.0, 0.0)], "IO": [(0.0, 3.0), (1.0, 1.0), (2.0, 0.0)]}


def test_sessions_that_wait_for_their_client_are_not_drawn() -> None:
    samples = WaitSamples()
    samples.add(
        0.0, [{"state": "idle", "wait_event_type": "Client", "wait_event": "ClientRead", "sessions": 20}]
    )
    assert series.waits(samples, 0.0) == {}
    assert samples.means() == {"idle": {"": 20.0}}


def test_means_of_sessions_are_sorted_by_frequency_and_divided_by_all_samples() -> None:
    samples = WaitSamples()
    lock = {"state": "active", "wait_event_type": "LWLock", "wait_event": "WALWrite", "sessions": 3}
    for number in range(4):
        rows = [{**lock, "wait_event_type": None, "wait_event": None, "sessions": 1}]
        samples.add(float(number), [*rows, lock] if number == 0 else rows)
    assert samples.means() == {"active": {"CPU": 1.0, "LWLock / WALWrite": 0.75}}
    assert [*samples.means()["active"]] == ["CPU", "LWLock / WALWrite"]
    assert samples.seconds[0] == (1, Counter({"LWLock": 3, "CPU": 1}))
    assert WaitSamples().means() == {}
