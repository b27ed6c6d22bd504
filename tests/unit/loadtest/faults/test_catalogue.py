"""The expectation of each fault, and what the generators do for it."""

from __future__ import annotations

import pytest

from eligibility_api.contract.errors import CATALOGUE
from loadtest.faults.catalogue import FAULTS
from loadtest.faults.fault import Fault, Window

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


@pytest.mark.parametrize("name", ["blank-column", "ocsp-slow", "stale-client"])
def test_a_fault_without_effect_permits_no_error_and_no_delay(name: str) -> None:
    expected = FAULTS[name].expected(WINDOW)
    assert (expected.errors, expected.min_answered, expected.p99_ms) == (frozenset(), 1.0, 500.0)


def test_an_outage_of_the_token_endpoint_has_an_effect_only_once_tokens_expire() -> None:
    expected = FAULTS["token-endpoint-down"].expected
    short, long = expected(Window(20, 80)), expected(Window(20, 200))
    assert (short.errors, short.min_answered) == (frozenset(), 1.0)
    assert long.min_answered == 0.5
    assert "network: blocked" in long.errors


@pytest.mark.parametrize(("name", "path"), [("token-endpoint-down", "/v1/token"), ("network-cut", "")])
def test_a_path_is_blocked_for_the_faults_duration(name: str, path: str) -> None:
    [block] = FAULTS[name].client_faults(WINDOW)
    assert (block.begin, block.end, block.blocked_prefix) == (20, 40, path)


def test_a_reconnect_storm_loses_tokens_and_connections_at_the_same_time() -> None:
    fault = FAULTS["reconnect-storm"]
    [loss] = fault.client_faults(fault.window(60))
    assert (loss.begin, loss.end, loss.new_connections, loss.tokens_lost) == (20, 20, 0, True)


def test_connections_are_spread_again_after_an_imbalance() -> None:
    first, again = FAULTS["worker-imbalance"].client_faults(WINDOW)
    assert 20 < first.begin <= 21
    assert again.begin == 40
    assert first.new_connections == again.new_connections
