"""The anniversaries that begin the classes of age: 70 to 74 years, and the late-elderly scheme. Days only."""

from __future__ import annotations

from datetime import MAXYEAR, date, timedelta

LATE_ELDERLY_AGE = 75
"""From this birthday on a person is insured in the late-elderly scheme (高齢者の医療の確保に関する法律 art. 50)."""

_DAY = timedelta(days=1)


def anniversary(birth_date: date, years: int) -> date:
    """The birthday after `years`; for a person born on 29 February, 1 March in a common year (rule D5).

    Years beyond the calendar are clamped to 1 January of its last year.
    """
    year = birth_date.year + years
    if year >= MAXYEAR:
        return date(MAXYEAR, 1, 1)
    try:
        return birth_date.replace(year=year)
    except ValueError:
        return date(year, 3, 1)


def late_elderly_from(birth_date: date) -> date:
    """The first day in the late-elderly scheme (後期高齢者医療): the 75th birthday itself (rule D3)."""
    return anniversary(birth_date, LATE_ELDERLY_AGE)


def seventies_from(birth_date: date) -> date:
    """The first day of the 70–74 class: the first 1st of a month on or after the 70th birthday (rule D6).

    Age is completed on the day before the birthday (年齢計算ニ関する法律), and the class begins with the next month
    (健康保険法 art. 74).
    """
    completed = anniversary(birth_date, 70) - _DAY
    return (completed.replace(day=28) + 4 * _DAY).replace(day=1)


def in_seventies(birth_date: date, day: date) -> bool:
    """Whether `day` is in the 70–74 class, which ends on the day before the 75th birthday (rule D6)."""
    return seventies_from(birth_date) <= day < late_elderly_from(birth_date)
