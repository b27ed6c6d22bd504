"""A table's growth shared out between the kinds that write to it."""

from __future__ import annotations

import pytest

from loadtest.planning.apportionment import RECORDS, SPENDING, SPENT, share_out
from loadtest.planning.costs import API, STORED, Costs, Taken
from loadtest.planning.demand import CARD, CONSENT, NUMBER, TOKEN

NAME = f"{STORED}{RECORDS}"
UNEVEN = Costs({NUMBER: {API: 0.001, NAME: 700.0}, CARD: {NAME: 100.0}, TOKEN: {NAME: 60.0}})
STRETCHES = [Taken(1.0, {NUMBER: 100}, {NAME: 70_000.0}), Taken(1.0, {CARD: 100, TOKEN: 9}, {NAME: 10_000.0})]


def test_growth_is_shared_out_by_the_widths_of_the_rows() -> None:
    costs = share_out(UNEVEN, RECORDS, {NUMBER: 300.0, CARD: 500.0}, STRETCHES)
    assert {kind: amounts[NAME] for kind, amounts in costs.of.items()} == {
        NUMBER: pytest.approx(300.0),
        CARD: pytest.approx(500.0),
        TOKEN: 0.0,
    }
    assert costs.of[NUMBER][API] == 0.001


def test_nothing_is_gained_or_lost_by_it() -> None:
    costs = share_out(UNEVEN, RECORDS, {NUMBER: 123.0, CARD: 77.0}, STRETCHES)
    assert costs.predict(0.0, {NUMBER: 100, CARD: 100})[NAME] == pytest.approx(80_000.0)


def test_a_table_that_none_of_them_wrote_to_is_left_as_it_was() -> None:
    assert share_out(UNEVEN, SPENT, SPENDING, [Taken(1.0, {NUMBER: 3}, {})]) is UNEVEN
    assert share_out(UNEVEN, RECORDS, {}, STRETCHES) is UNEVEN


def test_what_is_spent_leaves_rows_of_one_width() -> None:
    assert {*SPENDING.values()} == {1.0}
    assert SPENDING.keys() == {TOKEN, CARD, CONSENT}
