"""Japanese eras (元号), as certificates and cards write birth dates with them."""

from datetime import date

_ERAS = (
    (5, date(2019, 5, 1)),
    (4, date(1989, 1, 8)),
    (3, date(1926, 12, 25)),
    (2, date(1912, 7, 30)),
    (1, date(1868, 1, 25)),
)


def era_of(day: date) -> tuple[int, int]:
    """Return era (1 Meiji, 2 Taisho, 3 Showa, 4 Heisei, 5 Reiwa) and year in that era, counted from 1.

    Raises ValueError for a day before Meiji.
    """
    for era, first_day in _ERAS:
        if day >= first_day:
            return era, day.year - first_day.year + 1
    raise ValueError("the day lies before the first era known here")
