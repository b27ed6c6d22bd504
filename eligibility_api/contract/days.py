"""Days as people write them, and the Japanese eras (元号).

A day is a value, not its text: `parse_day` reads every usual way of writing one, in digits of either width
(rule I6).
"""

from __future__ import annotations

import re
from datetime import date
from typing import NamedTuple

from eligibility_api.contract.bounds import normalized

EARLIEST_DAY = date(1868, 1, 1)
"""No insured person was born earlier, and no period began earlier."""

MAX_DAY_LENGTH = 24
"""Characters of a text that may be a day: the longest, 昭和60年12月31日 with spaces between its parts, has fewer."""


class Era(NamedTuple):
    """An era: its code in claims, its letter, its name, its first and last day.

    Up to 昭和, the first day of an era is also the last day of the former.
    """

    code: str
    letter: str
    name: str
    first: date
    last: date


ERAS = (
    Era("1", "M", "明治", date(1868, 1, 25), date(1912, 7, 30)),
    Era("2", "T", "大正", date(1912, 7, 30), date(1926, 12, 25)),
    Era("3", "S", "昭和", date(1926, 12, 25), date(1989, 1, 7)),
    Era("4", "H", "平成", date(1989, 1, 8), date(2019, 4, 30)),
    Era("5", "R", "令和", date(2019, 5, 1), date.max),
)
"""The eras since the Western calendar is in use, oldest first."""

_BY_NAME = {key: era for era in ERAS for key in (era.letter, era.name[0], era.name)}
_MARK = "|".join(sorted(_BY_NAME, key=len, reverse=True))

_HYPHENS = r"\-\u2010-\u2015\u2212\u30fc"
_PARTED = re.compile(
    rf"({_MARK})? ?(元|[0-9]{{1,4}}) ?(?:年|[./{_HYPHENS}]) ?([0-9]{{1,2}}) ?(?:月|[./{_HYPHENS}]) ?([0-9]{{1,2}}) ?日?"
)
_DIGITS = re.compile(rf"({_MARK})?([0-9]{{2}}|[0-9]{{4}})([0-9]{{2}})([0-9]{{2}})")


class UnreadableDay(ValueError):
    """A text that is no day, or one that nobody can mean here. Never has the text."""

    def __init__(self) -> None:
        super().__init__("not a day")


def parse_day(text: str) -> date:
    """The day in `text`. Raises UnreadableDay.

    Read are 1985-04-01, 1985/4/1, 1985.4.1, 1985年4月1日, 19850401, and with an era S60.4.1, 昭和60年4月1日,
    平成元年…, S600401. A day of an era must lie in it; a year without an era has four digits.
    """
    if len(text) > MAX_DAY_LENGTH:
        raise UnreadableDay
    written = " ".join(normalized("NFKC", text, max_length=MAX_DAY_LENGTH).upper().split())
    parts = _PARTED.fullmatch(written) or _DIGITS.fullmatch(written)
    if parts is None:
        raise UnreadableDay
    mark, year, month, day = parts.groups()
    if mark is None and len(year) != 4:
        raise UnreadableDay
    number = 1 if year == "元" else int(year)
    era = _BY_NAME[mark] if mark is not None else None
    try:
        found = date(number if era is None else era.first.year + number - 1, int(month), int(day))
    except ValueError:
        raise UnreadableDay from None
    if found < EARLIEST_DAY or (era is not None and not era.first <= found <= era.last):
        raise UnreadableDay
    return found


def in_era(day: date) -> str:
    """The day as people in Japan read it, 昭和60年4月1日; before the first era as ISO 8601.

    A day that two eras share is of the later one.
    """
    era = next((era for era in reversed(ERAS) if era.first <= day), None)
    if era is None:
        return day.isoformat()
    year = day.year - era.first.year + 1
    return f"{era.name}{'元' if year == 1 else year}年{day.month}月{day.day}日"
