"""Percentiles from logarithmic buckets."""

from __future__ import annotations

import json

import pytest

from loadtest.scenario.histogram import LatencyHistogram
from tests.unit.loadtest.scenario.builders import latencies


@pytest.mark.parametrize(("share", "right"), [(0.5, 500), (0.9, 900), (0.99, 990), (0.999, 999), (1.0, 1000)])
def test_a_percentile_is_accurate_to_one_per_cent(share: float, right: float) -> None:
    assert latencies(*range(1, 1001)).percentile_ms(share) == pytest.approx(right, rel=0.011)


def test_one_slow_answer_affects_the_last_percentiles_only() -> None:
    histogram = latencies(*[5.0] * 999, 700.0)
    assert histogram.percentile_ms(0.99) < 5.1
    assert histogram.percentile_ms(1.0) == histogram.max_ms == 700.0


def test_an_empty_histogram_has_a_percentile_of_0() -> None:
    assert latencies().percentile_ms(0.99) == 0


def test_two_histograms_are_merged() -> None:
    one, other = latencies(1, 2), latencies(300)
    one.merge(other)
    assert (one.count, one.max_ms) == (3, 300)


def test_the_order_of_latencies_does_not_matter() -> None:
    milliseconds = (300, 0.5, 40, 0.001, 9000, 40)
    assert (
        latencies(*milliseconds)
        == latencies(*sorted(milliseconds))
        == latencies(*sorted(milliseconds, reverse=True))
    )


def test_a_histogram_survives_its_transfer() -> None:
    for histogram in (latencies(), latencies(3, 0.001, 700, 3)):
        assert LatencyHistogram.from_message(json.loads(json.dumps(histogram.to_message()))) == histogram
