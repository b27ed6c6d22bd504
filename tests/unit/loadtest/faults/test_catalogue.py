"""The expectation of each fault, and what the generators do for it."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from eligibility_api.contract.errors import CATALOGUE
from loadtest.faults.catalogue import FAULTS
from loadtest.faults.demand_spike import SPIKE, rise
from loadtest.faults.fault import Fault, Finding, Window
from loadtest.scenario.levels import LEVELS
from loadtest.scenario.plan import Plan
from loadtest.scenario.run_stats import RunStats, TimeSeries

WINDOW = Window(20, 40)


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_every_expected_code_is_of_the_fund_or_of_the_network(fault: Fault) -> None:
    codes = fault.expected(WINDOW).errors
    assert all(code in CATALOGUE or code.startswith("network: ") for code in codes)


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_every_fault_has_its_texts_in_both_languages(fault: Fault) -> None:
    sentence = fault.expected(WINDOW).sentence
    assert all((*fault.meaning, *sentence))
    assert fault.meaning.en.isascii()
    assert sentence.en.isascii()
    assert not fault.meaning.ja.isascii()
    assert sentence.ja.endswith("。")


@pytest.mark.parametrize(
    "name",
    [
        "wrong-numbers",
        "blank-column",
        "publish",
        "ocsp-slow",
        "cloud-vendor-down",
        "stale-client",
        "reader-update",
        "certificates-swapped",
    ],
)
def test_a_fault_without_effect_permits_no_error_and_no_delay(name: str) -> None:
    expected = FAULTS[name].expected(WINDOW)
    assert (expected.errors, expected.min_answered, expected.p99_ms) == (frozenset(), 1.0, 500.0)


def test_an_outage_of_the_token_endpoint_has_an_effect_only_once_tokens_expire() -> None:
    expected = FAULTS["token-endpoint-down"].expected
    short, long = expected(Window(20, 80)), expected(Window(20, 200))
    assert (short.errors, short.min_answered) == (frozenset(), 1.0)
    assert long.min_answered == 0.5
    assert "database-unavailable" in long.errors


def test_a_cut_network_blocks_every_path_for_the_faults_duration() -> None:
    [block] = FAULTS["network-cut"].client_faults(WINDOW)
    assert (block.begin, block.end, block.blocked_prefix) == (20, 40, "")


def test_a_reconnect_storm_loses_tokens_and_connections_at_the_same_time() -> None:
    fault = FAULTS["reconnect-storm"]
    [loss] = fault.client_faults(fault.window(60))
    assert (loss.begin, loss.end, loss.new_connections, loss.tokens_lost) == (20, 20, 0, True)


def test_connections_are_spread_again_after_an_imbalance() -> None:
    first, again = FAULTS["worker-imbalance"].client_faults(WINDOW)
    assert 20 < first.begin <= 21
    assert again.begin == 40
    assert first.new_connections == again.new_connections


def series(*errors: str, per_second: Sequence[int] = (10,) * 60) -> TimeSeries:
    """Seconds with so many checks each, and these errors in the middle third."""
    stats = RunStats()
    for second, checks in enumerate(per_second):
        for _ in range(checks):
            stats.check_began(second + 0.5)
    for code in errors:
        stats.error(code, 25)
    return stats.series


def test_a_cut_network_is_shown_by_the_requests_that_it_lost() -> None:
    evidence = FAULTS["network-cut"].evidence
    assert evidence is not None
    assert evidence(series("network: blocked", "network: connection cut"), WINDOW) == Finding(
        "requests_lost", 2, took_hold=True
    )
    assert evidence(series("overloaded"), WINDOW) == Finding("requests_lost", 0, took_hold=False)


@pytest.mark.parametrize(
    ("checks", "times", "took_hold"),
    [
        ([10] * 20 + [50] * 20 + [10] * 20, 5.0, True),
        ([10] * 20 + [25] * 20 + [10] * 20, 2.5, True),
        ([10] * 60, 1.0, False),
        ([0] * 60, 0.0, False),
    ],
    ids=["five times", "as much as it must", "no rise", "nobody came"],
)
def test_a_spike_is_shown_by_how_many_times_as_many_checks_arrived(
    checks: list[int], times: float, took_hold: bool
) -> None:
    assert rise(series(per_second=checks), WINDOW) == Finding("demand_rose_by", times, took_hold=took_hold)


def test_demand_rises_in_the_middle_third_of_the_run_only() -> None:
    plan = Plan(LEVELS["L0"], 60, 1.0, 1)
    assert FAULTS["demand-spike"].plan(plan).steps == (1.0, SPIKE, 1.0)
    assert FAULTS["publish"].plan(plan) == plan


def test_a_spike_must_not_reduce_what_is_answered() -> None:
    assert FAULTS["demand-spike"].expected(WINDOW).min_answered == pytest.approx(0.9 / SPIKE)
