"""The allowed error of a prediction, and the verdict where it is larger."""

from __future__ import annotations

import pytest

from loadtest.planning.costs import API, DATABASE, UP, Consumption
from loadtest.planning.prediction import MAX_ERROR, MAX_UTILISATION, Comparison, compare, verdict
from tests.unit.loadtest.planning.builders import COSTS, RECORD

MIX = {"number": 1000, "challenge": 500, "card": 500}
PREDICTED = COSTS.predict(30.0, MIX)


def measured(**factors: float) -> list[Comparison]:
    names = {"api": API, "database": DATABASE, "up": UP, "record": RECORD}
    amounts = dict(PREDICTED)
    for name, factor in factors.items():
        amounts[names[name]] *= factor
    return compare(COSTS, Consumption(30.0, MIX, amounts))


def test_right_costs_predict_exactly() -> None:
    assert [comparison.error for comparison in measured()] == [pytest.approx(0)] * 4
    assert "within 20%" in verdict(measured()).en


def test_a_prediction_that_is_too_low_has_a_negative_error() -> None:
    [processors, *others] = measured(api=2.0, database=2.0)
    assert processors.error == pytest.approx(-0.44, abs=0.01)
    assert not processors.holds
    assert len(others) == 3
    assert all(comparison.holds for comparison in others)


@pytest.mark.parametrize(("predicted", "holds"), [(79.9, False), (80.1, True), (119.9, True), (120.1, False)])
def test_a_fifth_is_the_limit_on_both_sides(predicted: float, holds: bool) -> None:
    assert Comparison("log", predicted, 100.0, "MiB").holds is holds


def test_a_prediction_at_the_limit_still_leaves_planned_cores_idle() -> None:
    assert MAX_UTILISATION / (1 - MAX_ERROR) < 0.9


def test_the_verdict_names_inaccurate_quantities_and_forbids_the_plan() -> None:
    text = verdict(measured(record=3.0, api=2.0, database=2.0)).en
    assert "must not be used" in text
    assert "stored" in text
    assert "processors" in text
    assert "network" not in text


def test_quantities_of_zero() -> None:
    assert not Comparison("log", 1.0, 0.0, "MiB").holds
    assert not Comparison("log", 0.0, 1.0, "MiB").holds
    assert Comparison("log", 0.0, 0.0, "MiB").holds
