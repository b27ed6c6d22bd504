"""Apportioning a table's growth between the kinds that write to it."""

from __future__ import annotations

import pytest

from loadtest.planning.apportionment import NONCE_WIDTHS, NONCES_TABLE, RECORDS_TABLE, apportion
from loadtest.planning.costs import API, STORED, Consumption, Costs
from loadtest.planning.demand import CARD, CONSENT, NUMBER, TOKEN

NAME = f"{STORED}{RECORDS_TABLE}"
UNEVEN = Costs({NUMBER: {API: 0.001, NAME: 700.0}, CARD: {NAME: 100.0}, TOKEN: {NAME: 60.0}})
PERIODS = [
    Consumption(1.0, {NUMBER: 100}, {NAME: 70_000.0}),
    Consumption(1.0, {CARD: 100, TOKEN: 9}, {NAME: 10_000.0}),
]


def test_growth_is_apportioned_by_the_widths_of_the_rows() -> None:
    costs = apportion(UNEVEN, RECORDS_TABLE, {NUMBER: 300.0, CARD: 500.0}, PERIODS)
    assert {kind: amounts[NAME] for kind, amounts in costs.of.items()} == {
        NUMBER: pytest.approx(300.0),
        CARD: pytest.approx(500.0),
        TOKEN: 0.0,
    }
    assert costs.of[NUMBER][API] == 0.001


def test_the_sum_is_preserved() -> None:
    costs = apportion(UNEVEN, RECORDS_TABLE, {NUMBER: 123.0, CARD: 77.0}, PERIODS)
    assert costs.predict(0.0, {NUMBER: 100, CARD: 100})[NAME] == pytest.approx(80_000.0)


def test_a_table_without_any_writer_is_unchanged() -> None:
    assert apportion(UNEVEN, NONCES_TABLE, NONCE_WIDTHS, [Consumption(1.0, {NUMBER: 3}, {})]) is UNEVEN
    assert apportion(UNEVEN, RECORDS_TABLE, {}, PERIODS) is UNEVEN


def test_nonces_have_rows_of_one_width() -> None:
    assert {*NONCE_WIDTHS.values()} == {1.0}
    assert NONCE_WIDTHS.keys() == {TOKEN, CARD, CONSENT}
