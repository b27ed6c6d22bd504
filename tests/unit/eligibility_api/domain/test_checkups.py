"""Which check-ups show."""

from __future__ import annotations

from datetime import date, timedelta

from eligibility_api.domain.checkups import LoadedCheckup, latest_per_day
from tests.builders.known import DAY, NOW


def checkup(number: int, on: date = DAY, *, ahead: int = 0, insurer: str = "01130012") -> LoadedCheckup:
    return LoadedCheckup(number, insurer, on, NOW + timedelta(hours=ahead), [])


def test_a_second_one_of_the_same_day_takes_the_place_of_the_first() -> None:
    first, second = checkup(1), checkup(2, ahead=1)
    assert latest_per_day([second, first], NOW) == [first]
    assert latest_per_day([second, first], NOW + timedelta(hours=1)) == [second]


def test_other_days_and_other_insurers_stand_beside_it_the_newest_first() -> None:
    some = [checkup(1), checkup(2, DAY + timedelta(days=1)), checkup(3, insurer="138057")]
    assert [one.number for one in latest_per_day(some, NOW)] == [2, 3, 1]
