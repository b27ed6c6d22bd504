"""What levels ask for, against the load model's own figures."""

from __future__ import annotations

import pytest

from loadtest.planning.demand import DISPENSING, NUMBER, PRESCRIPTION, TOKEN, Demand, demands
from tests.unit.loadtest.planning.by_hand import is_right, worked_out

DEMANDS = {demand.name: demand for demand in demands(300.0)}


@pytest.mark.parametrize("demand", DEMANDS.values(), ids=lambda demand: demand.name)
def test_every_line_comes_to_its_value(demand: Demand) -> None:
    assert all(map(is_right, demand.lines))
    assert {*demand.rates.values()} <= {*demand.lines}


@pytest.mark.parametrize(
    ("level", "requests_per_s"), [("L0", 800), ("L1", 3070), ("L2", 4730), ("L3", 11_900)]
)
def test_without_sign_ins_a_level_asks_what_the_load_model_says(level: str, requests_per_s: float) -> None:
    demand = DEMANDS[level]
    assert demand.requests_per_s - demand.rates[TOKEN].value == pytest.approx(requests_per_s, rel=0.005)


def test_in_a_storm_every_terminal_signs_in_within_the_minute() -> None:
    assert DEMANDS["storm"].rates[TOKEN].value == 233_000 * 1.5 / 60


def test_a_terminal_signs_in_once_in_its_token_s_life_and_the_time_to_its_next_patient() -> None:
    """At 1,210 checks a second each of 349,500 terminals has a patient every 289 seconds."""
    assert DEMANDS["L1"].rates[TOKEN].value == pytest.approx(349_500 / (270 + 289), rel=0.001)
    rare = {demand.name: demand for demand in demands(86_430.0)}["L1"].rates[TOKEN].value
    assert rare == pytest.approx(349_500 / (86_400 + 289), rel=0.001)


def test_a_night_s_batches_are_a_part_of_a_monday_s_checks() -> None:
    [rows] = DEMANDS["batch-night"].rates.values()
    assert rows.value == pytest.approx(17.06e6 * 0.12 / (4 * 3600), rel=0.001)
    assert worked_out(rows.formula) == pytest.approx(142.2, abs=0.1)


def test_a_day_is_its_busiest_minute_and_stores_what_all_its_checks_leave() -> None:
    day, level = DEMANDS["day"], DEMANDS["L1"]
    assert day.rates[NUMBER].value == level.rates[NUMBER].value
    assert day.seconds.value * 1210 == pytest.approx(17.06e6, rel=0.001)
    told = day.rates[PRESCRIPTION].value + day.rates[DISPENSING].value
    assert told == pytest.approx(1210 * 0.37 * 0.3, rel=0.001)
    assert day.rates[DISPENSING].value / told == pytest.approx(111.51 / 274.58, rel=0.001)


def test_the_first_of_a_month_is_l2_for_three_hours() -> None:
    month, level = DEMANDS["month-start"], DEMANDS["L2"]
    assert month.seconds.value == 3 * 3600
    assert {kind: line.value for kind, line in month.rates.items()} == {
        kind: line.value for kind, line in level.rates.items()
    }
