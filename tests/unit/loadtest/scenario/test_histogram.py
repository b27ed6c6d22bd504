"""Percentiles out of buckets."""

from __future__ import annotations

import json

import pytest

from loadtest.scenario.histogram import LatencyHistogram


def filled(*milliseconds: float) -> LatencyHistogram:
    times = LatencyHistogram()
    for one in milliseconds:
        times.add(one)
    return times


@pytest.mark.parametrize(("share", "right"), [(0.5, 500), (0.9, 900), (0.99, 990), (0.999, 999), (1.0, 1000)])
def test_a_percentile_is_right_within_a_hundredth(share: float, right: float) -> None:
    assert filled(*range(1, 1001)).percentile_ms(share) == pytest.approx(right, rel=0.011)


def test_one_slow_answer_shows_at_the_far_end_only() -> None:
    times = filled(*[5.0] * 999, 700.0)
    assert times.percentile_ms(0.99) < 5.1
    assert times.percentile_ms(1.0) == times.max_ms == 700.0


def test_nothing_has_no_latency() -> None:
    assert filled().percentile_ms(0.99) == 0


def test_two_become_one() -> None:
    one, other = filled(1, 2), filled(300)
    one.merge(other)
    assert (one.count, one.max_ms) == (3, 300)


def test_the_order_in_which_they_come_does_not_matter() -> None:
    milliseconds = (300, 0.5, 40, 0.001, 9000, 40)
    assert (
        filled(*milliseconds) == filled(*sorted(milliseconds)) == filled(*sorted(milliseconds, reverse=True))
    )


def test_what_another_process_says_is_the_same_again() -> None:
    for times in (filled(), filled(3, 0.001, 700, 3)):
        assert LatencyHistogram.from_message(json.loads(json.dumps(times.to_message()))) == times
