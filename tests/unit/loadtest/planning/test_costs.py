"""Costs derived from periods with several kinds of request, and predictions for a mix."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadtest.planning.costs import API, STORED, WAL, Consumption, Costs
from tests.unit.loadtest.planning.builders import COSTS, RECORD

IDLE = Consumption(10.0, {}, {API: 0.1})


def test_idleness_and_other_kinds_are_subtracted() -> None:
    challenge = Consumption(10.0, {"challenge": 100}, {API: 0.1 + 0.05})
    card = Consumption(20.0, {"challenge": 200, "card": 100}, {API: 0.2 + 0.1 + 0.3, WAL: 5000.0})
    costs = Costs.solve(IDLE, [("challenge", challenge), ("card", card)])
    assert costs.idle == {API: pytest.approx(0.01)}
    assert costs.of["challenge"] == {API: pytest.approx(0.0005)}
    assert costs.of["card"] == {API: pytest.approx(0.003), WAL: 50.0}


def test_negative_costs_are_noise_and_become_zero() -> None:
    costs = Costs.solve(IDLE, [("challenge", Consumption(10.0, {"challenge": 100}, {API: 0.05}))])
    assert costs.of["challenge"] == {API: 0.0}


def test_a_table_that_grew_by_less_than_a_row_does_not_grow_by_requests() -> None:
    consumed = Consumption(10.0, {"number": 100}, {RECORD: 50_000.0, f"{STORED}upload": 3_900.0})
    assert Costs.solve(IDLE, [("number", consumed)]).of["number"] == {RECORD: 500.0, f"{STORED}upload": 0.0}


def test_a_kind_must_follow_those_that_it_requests_too() -> None:
    with pytest.raises(KeyError, match="challenge"):
        Costs.solve(IDLE, [("card", Consumption(10.0, {"challenge": 1, "card": 1}, {}))])


def test_periods_add_up() -> None:
    both = Consumption(1.0, {"card": 1, "challenge": 1}, {API: 0.1}) + Consumption(
        2.0, {"card": 2}, {API: 0.2, WAL: 3.0}
    )
    assert (both.seconds, both.requests) == (3.0, {"card": 3, "challenge": 1})
    assert both.amounts == {API: pytest.approx(0.3), WAL: 3.0}


@given(st.permutations(["number", "card", "consent", "medications"]), st.integers(1, 500), st.integers(1, 60))
def test_the_costs_of_a_computed_measurement_are_derived_again(
    kinds: list[str], count: int, seconds: int
) -> None:
    periods = []
    for place, kind in enumerate(kinds):
        requests = {kind: count + place, **dict.fromkeys(kinds[:place], 7)}
        periods.append((kind, Consumption(seconds, requests, COSTS.predict(seconds, requests))))
    solved = Costs.solve(Consumption(5.0, {}, COSTS.predict(5.0, {})), periods)
    for kind in kinds:
        expected = {name: amount for name, amount in COSTS.of[kind].items() if amount}
        found = {name: amount for name, amount in solved.of[kind].items() if amount > 1e-9}
        assert found == pytest.approx(expected, rel=1e-6, abs=1e-9)


def test_a_mix_costs_its_requests_and_its_idle_seconds() -> None:
    assert COSTS.predict(100.0, {"challenge": 1000, "card": 0, "number": 10})[API] == pytest.approx(
        100 * 0.01 + 1000 * 0.0005 + 10 * 0.001
    )
    assert COSTS.predict(1.0, {"number": 2})[RECORD] == 1000.0


def test_growing_tables_are_listed() -> None:
    assert COSTS.growing_tables == ["audit_record", "consent_evidence", "prescription_entry", "used_nonce"]
