"""Parses days and months of claims (OQS 13.1).

They are Western (YYYYMMDD, YYYYMM), or of an era in older editions (GYYMMDD, GYYMM).
"""

from __future__ import annotations

from calendar import monthrange
from datetime import date
from functools import lru_cache  # noqa: TID251 - of days, 1024 at most

from eligibility_api.claims.reading.faults import BadValue
from eligibility_api.contract.claims import ClaimsFault
from eligibility_api.contract.days import EARLIEST_DAY

_ERAS = {
    "1": date(1868, 1, 25),
    "2": date(1912, 7, 30),
    "3": date(1926, 12, 25),
    "4": date(1989, 1, 8),
    "5": date(2019, 5, 1),
}
"""First day of 明治, 大正, 昭和, 平成, 令和.

A former era's name is read on beyond its last day: by the official notice of 2019 a date of 平成 stays valid
after it, and is the one of the new era (平成31年5月1日: 令和元年5月1日).
"""

_LAST_YEAR = 2199
"""Later years are rejected, so that calculations with the dates stay within the calendar."""


def parse_day(text: str) -> date:
    """The day written in `text`. Raises BadValue."""
    if not (text.isascii() and text.isdigit()):
        raise BadValue(ClaimsFault.DAY)
    match len(text):
        case 8:
            return _western(int(text[:4]), int(text[4:6]), int(text[6:]))
        case 7:
            day = _western(_year(text), int(text[3:5]), int(text[5:]))
            if day < _ERAS[text[0]]:
                raise BadValue(ClaimsFault.DAY)
            return day
    raise BadValue(ClaimsFault.DAY)


def parse_month(text: str) -> date:
    """The first day of the month written in `text`. Raises BadValue."""
    if not (text.isascii() and text.isdigit()):
        raise BadValue(ClaimsFault.DAY)
    match len(text):
        case 6:
            return _western(int(text[:4]), int(text[4:]), 1)
        case 5:
            first = _western(_year(text), int(text[3:]), 1)
            if last_day(first) < _ERAS[text[0]]:
                raise BadValue(ClaimsFault.DAY)
            return first
    raise BadValue(ClaimsFault.DAY)


@lru_cache(maxsize=1024)
def last_day(first: date) -> date:
    """The last day of the month that begins on `first`."""
    return first.replace(day=monthrange(first.year, first.month)[1])


def _year(text: str) -> int:
    if text[0] not in _ERAS:
        raise BadValue(ClaimsFault.DAY)
    return _ERAS[text[0]].year + int(text[1:3]) - 1


def _western(year: int, month: int, day: int) -> date:
    try:
        parsed = date(year, month, day)
    except ValueError:
        raise BadValue(ClaimsFault.DAY) from None
    if parsed < EARLIEST_DAY or year > _LAST_YEAR:
        raise BadValue(ClaimsFault.DAY)
    return parsed
