"""Parses birth dates as people write them.

ISO 8601, with slashes, digits only, or by era (元号) as on certificates.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date

_ERAS = {
    "M": date(1868, 1, 25),
    "T": date(1912, 7, 30),
    "S": date(1926, 12, 25),
    "H": date(1989, 1, 8),
    "R": date(2019, 5, 1),
}
"""First day of each era; it ends where the next one begins."""

_ERA_NAMES = str.maketrans({"明": "M", "大": "T", "昭": "S", "平": "H", "令": "R"})

_PARTED = re.compile(
    r"([MTSHR]?)[治正和成]? ?(元|[0-9]{1,4})[-/.年\u2010-\u2015\u2212\u30fc]"
    r" ?([0-9]{1,2})[-/.月\u2010-\u2015\u2212\u30fc] ?([0-9]{1,2})日?"
)
_DIGITS = re.compile(r"([MTSHR]?)([0-9]{2}|[0-9]{4})([0-9]{2})([0-9]{2})")


def parse_date(text: str) -> date:
    """The date in `text`, half or full width. Raises ValueError where it is none."""
    written = unicodedata.normalize("NFKC", text).strip().upper().translate(_ERA_NAMES)
    parts = _PARTED.fullmatch(written) or _DIGITS.fullmatch(written)
    if parts is None:
        raise ValueError("not a date")
    era, year, month, day = parts.groups()
    number = 1 if year == "元" else int(year)
    if not era:
        if len(year) != 4:
            raise ValueError("a year without an era has four digits")
        return date(number, int(month), int(day))
    return _in_era(era, number, int(month), int(day))


def _in_era(era: str, year: int, month: int, day: int) -> date:
    """The date, which must lie in its era: a year that two eras share belongs to each of them in part."""
    found = date(_ERAS[era].year + year - 1, month, day)
    if max((name for name in _ERAS if _ERAS[name] <= found), key=_ERAS.__getitem__, default="") != era:
        raise ValueError("the era has no such date")
    return found
