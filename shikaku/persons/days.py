"""Relative days in the data, resolved for the day of the run.

`today`, `today-20d`; `month-start` and `month-end` of its month, `month-start-1d`, `month` (YYYY-MM);
`month-end+3m`, the end of the third month after it; `month-end-40y`, that day 40 years before; `month-end-1m-40y`, the
end of the former month 40 years before;
`Y-76-06-15`: 15 June 76 years before its year; `L-76-02-29`: 29 February of the last leap year not after
that; `L-76+75-03-01`: 1 March 75 years later.
"""

from __future__ import annotations

import calendar
import re
from datetime import date, timedelta
from typing import Any

_FROM_TODAY = re.compile(r"(today|month-start|month-end)(?:([+-]\d+)d)?")
_FROM_MONTH_END = re.compile(r"month-end(?:([+-]\d+)m)?(?:([+-]\d+)y)?")
_FROM_YEAR = re.compile(r"([YL])([+-]\d+)?([+-]\d+)?-(\d\d)-(\d\d)")


def resolve(value: Any, today: date) -> Any:
    """A TOML value with every relative day in it resolved for `today`."""
    match value:
        case str():
            return resolve_text(value, today)
        case list():
            return [resolve(item, today) for item in value]
        case dict():
            return {key: resolve(item, today) for key, item in value.items()}
    return value


def resolve_text(text: str, today: date) -> str:
    """The day in ISO 8601 if `text` is one of the forms above, else `text`."""
    if text == "month":
        return today.isoformat()[:7]
    if relative := _FROM_TODAY.fullmatch(text):
        return (_base_day(relative[1], today) + timedelta(days=int(relative[2] or 0))).isoformat()
    if relative := _FROM_MONTH_END.fullmatch(text):
        return _from_month_end(today, int(relative[1] or 0), int(relative[2] or 0)).isoformat()
    if relative := _FROM_YEAR.fullmatch(text):
        year = today.year + int(relative[2] or 0)
        if relative[1] == "L":
            year = _last_leap_year(year)
        return date(year + int(relative[3] or 0), int(relative[4]), int(relative[5])).isoformat()
    return text


def _from_month_end(today: date, months: int, years: int) -> date:
    """The end of another month, and that day in another year: 28 February for a missing 29th."""
    year, month = divmod(today.year * 12 + today.month - 1 + months, 12)
    end = calendar.monthrange(year, month + 1)[1]
    last = calendar.monthrange(year + years, month + 1)[1]
    return date(year + years, month + 1, min(end, last))


def _base_day(name: str, today: date) -> date:
    match name:
        case "month-start":
            return today.replace(day=1)
        case "month-end":
            return today.replace(day=calendar.monthrange(today.year, today.month)[1])
    return today


def _last_leap_year(year: int) -> int:
    while not calendar.isleap(year):
        year -= 1
    return year
