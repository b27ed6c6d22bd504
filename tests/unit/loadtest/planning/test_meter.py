"""The consumption between two readings of the meter."""

from __future__ import annotations

from loadtest.planning.costs import API, STORED, UP, Consumption
from loadtest.planning.meter import MeterReading


def test_consumption_is_the_difference_of_two_readings() -> None:
    before = MeterReading(10.0, {API: 4.0, UP: 100, f"{STORED}used_nonce": 8192.0})
    after = MeterReading(12.0, {API: 5.0, UP: 300, f"{STORED}audit_record": 8192.0})
    assert after.since(before, {"card": 3}) == Consumption(
        2.0, {"card": 3}, {API: 1.0, UP: 200, f"{STORED}audit_record": 8192.0}
    )


def test_a_dropped_partition_is_no_negative_growth() -> None:
    before, after = (MeterReading(0.0, {f"{STORED}used_nonce": size}) for size in (9000.0, 8000.0))
    assert after.since(before, {}).amounts == {f"{STORED}used_nonce": 0.0}
