"""What is expected of each fault, and what the generators do for it."""

from __future__ import annotations

import pytest

from eligibility_api.contract.errors import CATALOGUE
from loadtest.faults.catalogue import FAULTS
from loadtest.faults.fault import Fault, Window

WINDOW = Window(20, 40)


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_every_code_that_a_fault_may_lead_to_is_the_funds_or_the_lines(fault: Fault) -> None:
    codes = fault.expected(WINDOW).errors
    assert all(code in CATALOGUE or code.startswith("network: ") for code in codes)


@pytest.mark.parametrize("name", ["blank-column", "status-slow", "old-client"])
def test_what_must_not_be_noticed_allows_no_error_and_no_delay(name: str) -> None:
    expected = FAULTS[name].expected(WINDOW)
    assert (expected.errors, expected.answered, expected.p99_ms) == (frozenset(), 1.0, 500.0)


def test_an_outage_of_the_token_endpoint_is_noticed_only_once_tokens_end() -> None:
    expected = FAULTS["token-down"].expected
    assert (expected(Window(20, 80)).errors, expected(Window(20, 80)).answered) == (frozenset(), 1.0)
    assert expected(Window(20, 200)).answered == 0.5
    assert "network: cut" in expected(Window(20, 200)).errors


def test_the_line_is_cut_for_as_long_as_the_fault_lasts() -> None:
    for name, path in (("token-down", "/v1/token"), ("network-cut", "")):
        [cut] = FAULTS[name].disturb(WINDOW)
        assert (cut.begin, cut.end, cut.cut) == (20, 40, path)


def test_reconnecting_loses_tokens_and_connections_at_one_instant() -> None:
    fault = FAULTS["reconnect"]
    [once] = fault.disturb(fault.window(60))
    assert (once.begin, once.end, once.renewed, once.tokens_lost) == (20, 20, 0, True)


def test_connections_are_spread_again_when_one_worker_has_been_hot() -> None:
    first, again = FAULTS["worker-hot"].disturb(WINDOW)
    assert 20 < first.begin <= 21
    assert again.begin == 40
    assert first.renewed == again.renewed
