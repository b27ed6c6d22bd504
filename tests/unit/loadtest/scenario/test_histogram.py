"""Percentiles from logarithmic buckets."""

from __future__ import annotations

import json
from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadtest.scenario.histogram import LatencyHistogram, percentiles
from tests.depth import max_examples
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


MILLISECONDS = st.lists(st.floats(0.01, 60_000), min_size=1, max_size=60)


@max_examples(40)
@given(MILLISECONDS, st.floats(0.001, 1.0))
def test_a_percentile_is_a_latency_that_the_share_does_not_exceed(values: list[float], share: float) -> None:
    found = latencies(*values).percentile_ms(share)
    right = sorted(values)[ceil(share * len(values)) - 1]
    assert right * (1 - 1e-9) <= found <= right * 1.0101
    assert found <= max(values)


@max_examples(40)
@given(MILLISECONDS)
def test_percentiles_do_not_decrease_with_the_share(values: list[float]) -> None:
    histogram = latencies(*values)
    found = [histogram.percentile_ms(share) for share in (0.1, 0.5, 0.9, 0.99, 1.0)]
    assert found == sorted(found)
    assert found[-1] == pytest.approx(histogram.max_ms)


@max_examples(40)
@given(MILLISECONDS, MILLISECONDS, MILLISECONDS)
def test_merging_is_like_adding_all_in_any_order(
    one: list[float], two: list[float], three: list[float]
) -> None:
    together = latencies(*one, *two, *three)
    forward, backward = latencies(), latencies()
    for part in (one, two, three):
        forward.merge(latencies(*part))
    for part in (three, two, one):
        backward.merge(latencies(*part))
    assert forward == backward == together


@max_examples(40)
@given(MILLISECONDS)
def test_any_histogram_survives_its_transfer_and_can_be_added_to(values: list[float]) -> None:
    received = LatencyHistogram.from_message(json.loads(json.dumps(latencies(*values).to_message())))
    received.add(5.0)
    assert received == latencies(*values, 5.0)


@pytest.mark.parametrize("early", [0.0, -3.5, 1e-9])
def test_a_visit_that_began_at_once_or_early_has_no_delay(early: float) -> None:
    histogram = latencies(early)
    assert histogram.count == 1
    assert histogram.percentile_ms(0.99) <= 0.0101


def test_reports_name_the_percentiles_and_round_to_hundredths() -> None:
    assert percentiles(latencies(*[10.0] * 998, 500.0, 1234.567)) == {
        "p50_ms": 10.06, "p90_ms": 10.06, "p99_ms": 10.06, "p999_ms": pytest.approx(500, rel=0.011), "max_ms": 1234.57,
    }  # fmt: skip
    assert set(percentiles(LatencyHistogram()).values()) == {0.0}
