"""The second point: how far off a prediction may be, and what is said where it is further off."""

from __future__ import annotations

import pytest

from loadtest.planning.costs import API, DATABASE, UP, Taken
from loadtest.planning.prediction import BOUND, BUSY_AT_MOST, Compared, compare, verdict
from tests.unit.loadtest.planning.builders import COSTS, RECORD

MIX = {"number": 1000, "challenge": 500, "card": 500}
FORETOLD = COSTS.predict(30.0, MIX)


def measured(**factors: float) -> list[Compared]:
    names = {"api": API, "database": DATABASE, "up": UP, "record": RECORD}
    amounts = dict(FORETOLD)
    for name, factor in factors.items():
        amounts[names[name]] *= factor
    return compare(COSTS, Taken(30.0, MIX, amounts))


def test_a_table_that_is_right_foretells_exactly() -> None:
    assert [one.error for one in measured()] == [pytest.approx(0)] * 4
    assert "within 20%" in verdict(measured())


def test_too_little_foretold_is_an_error_below_nothing() -> None:
    [processors, *others] = measured(api=2.0, database=2.0)
    assert processors.error == pytest.approx(-0.44, abs=0.01)
    assert not processors.holds
    assert all(one.holds for one in others)


@pytest.mark.parametrize(("foretold", "holds"), [(79.9, False), (80.1, True), (119.9, True), (120.1, False)])
def test_a_fifth_is_the_bound_to_both_sides(foretold: float, holds: bool) -> None:
    assert Compared("log", foretold, 100.0, "MiB").holds is holds


def test_a_prediction_at_the_bound_still_leaves_planned_cores_idle() -> None:
    assert BUSY_AT_MOST / (1 - BOUND) < 0.9


def test_what_is_off_is_named_and_nothing_is_to_be_planned_with_it() -> None:
    said = verdict(measured(record=3.0, api=2.0, database=2.0))
    assert "nothing may be planned" in said
    assert "stored" in said
    assert "processors" in said
    assert "network" not in said


def test_what_nobody_foretold_and_what_did_not_come() -> None:
    assert not Compared("log", 1.0, 0.0, "MiB").holds
    assert not Compared("log", 0.0, 1.0, "MiB").holds
    assert Compared("log", 0.0, 0.0, "MiB").holds
