"""The check-ups that a history shows."""

from __future__ import annotations

from datetime import date, timedelta

from eligibility_api.domain.checkups import LoadedCheckup, latest_per_day
from tests.builders.known import DAY, NOW


def checkup(number: int, on: date = DAY, *, ahead: int = 0, insurer: str = "01130012") -> LoadedCheckup:
    return LoadedCheckup(number, insurer, on, NOW + timedelta(hours=ahead), [])


def test_a_second_check_up_of_one_day_replaces_the_first() -> None:
    """Rule H9."""
    first, second = checkup(1), checkup(2, ahead=1)
    assert latest_per_day([second, first], NOW) == [first]
    assert latest_per_day([second, first], NOW + timedelta(hours=1)) == [second]


def test_other_days_and_insurers_are_kept_newest_first() -> None:
    """Rule H9."""
    some = [checkup(1), checkup(2, DAY + timedelta(days=1)), checkup(3, insurer="138057")]
    assert [one.number for one in latest_per_day(some, NOW)] == [2, 3, 1]
