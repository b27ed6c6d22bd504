"""Japanese eras."""

from datetime import date

import pytest

from jpki_mock.clock import era_of


@pytest.mark.parametrize(
    ("day", "era"),
    [
        (date(2019, 5, 1), (5, 1)),
        (date(2019, 4, 30), (4, 31)),
        (date(1989, 1, 7), (3, 64)),
        (date(1926, 12, 25), (3, 1)),
        (date(1926, 12, 24), (2, 15)),
        (date(1900, 1, 1), (1, 33)),
    ],
)
def test_a_day_belongs_to_the_era_that_began_last(day: date, era: tuple[int, int]) -> None:
    assert era_of(day) == era


def test_a_day_before_meiji_has_no_era() -> None:
    with pytest.raises(ValueError, match="era"):
        era_of(date(1800, 1, 1))
