"""Days of the data, written from the day of the story on.

`today`, `today-20d`; `month-start` and `month-end` of its month, `month-start-1d`, `month` (YYYY-MM); `Y-76-06-15`, 15 June
76 years before its year; `L-76-02-29`, 29 February of the last leap year not after that, `L-76+75-03-01` 75 years later.
"""

from __future__ import annotations

import calendar
import re
from datetime import date, timedelta
from typing import Any

_FROM_TODAY = re.compile(r"(today|month-start|month-end)(?:([+-]\d+)d)?")
_FROM_YEAR = re.compile(r"([YL])([+-]\d+)?([+-]\d+)?-(\d\d)-(\d\d)")


def resolved(value: Any, today: date) -> Any:
    """A value out of TOML with every day in it as it falls when the story plays `today`."""
    match value:
        case str():
            return resolved_text(value, today)
        case list():
            return [resolved(item, today) for item in value]
        case dict():
            return {key: resolved(item, today) for key, item in value.items()}
    return value


def resolved_text(text: str, today: date) -> str:
    """A day in ISO 8601 where `text` is one of the forms above; else the text itself."""
    if text == "month":
        return today.isoformat()[:7]
    if found := _FROM_TODAY.fullmatch(text):
        return (_base(found[1], today) + timedelta(days=int(found[2] or 0))).isoformat()
    if found := _FROM_YEAR.fullmatch(text):
        year = today.year + int(found[2] or 0)
        if found[1] == "L":
            year = _leap_year_until(year)
        return date(year + int(found[3] or 0), int(found[4]), int(found[5])).isoformat()
    return text


def _base(name: str, today: date) -> date:
    match name:
        case "month-start":
            return today.replace(day=1)
        case "month-end":
            return today.replace(day=calendar.monthrange(today.year, today.month)[1])
    return today


def _leap_year_until(year: int) -> int:
    while not calendar.isleap(year):
        year -= 1
    return year
