"""The demand of the levels, against the load model's own figures."""

from __future__ import annotations

import pytest

from loadtest.planning.demand import DISPENSING, NUMBER, PRESCRIPTION, TOKEN, Demand, demands
from tests.unit.loadtest.planning.by_hand import evaluated, is_right

DEMANDS = {demand.name: demand for demand in demands(300.0)}


@pytest.mark.parametrize("demand", DEMANDS.values(), ids=lambda demand: demand.name)
def test_every_step_evaluates_to_its_value(demand: Demand) -> None:
    assert demand.steps
    assert all(map(is_right, demand.steps))
    assert {*demand.rates.values()} <= {*demand.steps}


@pytest.mark.parametrize(
    ("level", "requests_per_s"), [("L0", 800), ("L1", 3070), ("L2", 4730), ("L3", 11_900)]
)
def test_without_sign_ins_a_level_equals_the_load_model(level: str, requests_per_s: float) -> None:
    demand = DEMANDS[level]
    assert demand.requests_per_s - demand.rates[TOKEN].value == pytest.approx(requests_per_s, rel=0.005)


def test_in_a_storm_every_terminal_signs_in_within_the_minute() -> None:
    assert DEMANDS["storm"].rates[TOKEN].value == 233_000 * 1.5 / 60


def test_a_terminal_signs_in_once_per_token_lifetime_and_wait_for_the_next_patient() -> None:
    """At 1,210 checks a second each of 349,500 terminals has a patient every 289 seconds."""
    assert DEMANDS["L1"].rates[TOKEN].value == pytest.approx(349_500 / (270 + 289), rel=0.001)
    rare = {demand.name: demand for demand in demands(86_430.0)}["L1"].rates[TOKEN].value
    assert rare == pytest.approx(349_500 / (86_400 + 289), rel=0.001)


def test_a_night_s_batches_are_a_share_of_a_monday_s_checks() -> None:
    [rows] = DEMANDS["batch-night"].rates.values()
    assert rows.value == pytest.approx(17.06e6 * 0.12 / (4 * 3600), rel=0.001)
    assert evaluated(rows.formula) == pytest.approx(142.2, abs=0.1)


def test_a_day_has_the_rates_of_its_busiest_minute_and_the_storage_of_all_its_checks() -> None:
    day, level = DEMANDS["day"], DEMANDS["L1"]
    assert day.rates[NUMBER].value == level.rates[NUMBER].value
    assert day.seconds.value * 1210 == pytest.approx(17.06e6, rel=0.001)
    entries = day.rates[PRESCRIPTION].value + day.rates[DISPENSING].value
    assert entries == pytest.approx(1210 * 0.37 * 0.3, rel=0.001)
    assert day.rates[DISPENSING].value / entries == pytest.approx(111.51 / 274.58, rel=0.001)


def test_the_first_of_a_month_is_l2_for_three_hours() -> None:
    month, level = DEMANDS["month-start"], DEMANDS["L2"]
    assert month.seconds.value == 3 * 3600
    assert {kind: step.value for kind, step in month.rates.items()} == {
        kind: step.value for kind, step in level.rates.items()
    }
