"""Days and months of receipts: western (YYYYMMDD, YYYYMM), or of an era in older editions (GYYMMDD, GYYMM; OQS 13.1)."""

from __future__ import annotations

from calendar import monthrange
from datetime import date
from functools import lru_cache

from eligibility_api.claims.reading.faults import BadValue
from eligibility_api.contract.claims import ClaimsFault
from eligibility_api.contract.wire import EARLIEST_DAY

_ERAS = {
    "1": (date(1868, 1, 25), date(1912, 7, 30)),
    "2": (date(1912, 7, 30), date(1926, 12, 25)),
    "3": (date(1926, 12, 25), date(1989, 1, 7)),
    "4": (date(1989, 1, 8), date(2019, 4, 30)),
    "5": (date(2019, 5, 1), date.max),
}
"""明治, 大正, 昭和, 平成, 令和: first and last day. Two eras share the day on which an emperor of old died."""

_LAST_YEAR = 2199
"""No receipt is of a later one: what is reckoned with its days stays within the calendar."""


def day(text: str) -> date:
    """The day that `text` writes. Raises BadValue."""
    if not (text.isascii() and text.isdigit()):
        raise BadValue(ClaimsFault.DAY)
    match len(text):
        case 8:
            return _western(int(text[:4]), int(text[4:6]), int(text[6:]))
        case 7:
            return _within(text[0], _western(_year(text), int(text[3:5]), int(text[5:])))
    raise BadValue(ClaimsFault.DAY)


def month(text: str) -> date:
    """The first day of the month that `text` writes. Raises BadValue."""
    if not (text.isascii() and text.isdigit()):
        raise BadValue(ClaimsFault.DAY)
    match len(text):
        case 6:
            return _western(int(text[:4]), int(text[4:]), 1)
        case 5:
            first = _western(_year(text), int(text[3:]), 1)
            begin, end = _ERAS[text[0]]
            if last_day(first) < begin or first > end:
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
    return _ERAS[text[0]][0].year + int(text[1:3]) - 1


def _within(era: str, day_: date) -> date:
    begin, end = _ERAS[era]
    if not begin <= day_ <= end:
        raise BadValue(ClaimsFault.DAY)
    return day_


def _western(year: int, month_: int, day_: int) -> date:
    try:
        found = date(year, month_, day_)
    except ValueError:
        raise BadValue(ClaimsFault.DAY) from None
    if found < EARLIEST_DAY or year > _LAST_YEAR:
        raise BadValue(ClaimsFault.DAY)
    return found
