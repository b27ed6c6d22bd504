"""The period of a report: whole days in Japan, as instants and as bounds of record ids."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

from eligibility_api.domain.dates import JAPAN

MAX_DAYS = 366
"""Longest period: a leap year."""

_MONTH = re.compile(r"[0-9]{4}-[0-9]{2}")
_DAYS = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})\.\.([0-9]{4}-[0-9]{2}-[0-9]{2})")
_MAX_TEXT = 24
_ID_TOLERANCE = timedelta(minutes=1)
"""A record's id is made at most so long before or after its instant."""


@dataclass(frozen=True, slots=True)
class Period:
    """The days from `first` to `last`, both included, in Japan."""

    first: date
    last: date

    @classmethod
    def parse(cls, text: str) -> Period:
        """Read `2026-11`, or `2026-11-01..2026-11-15`. Raises ValueError, which states the rule that is broken."""
        text = text[: _MAX_TEXT + 1]
        if _MONTH.fullmatch(text):
            first = _day(f"{text}-01")
            following = (first.replace(day=28) + timedelta(days=4)).replace(day=1)
            return cls(first, following - timedelta(days=1))
        days = _DAYS.fullmatch(text)
        if days is None:
            raise ValueError("a month such as 2026-11, or days such as 2026-11-01..2026-11-15")
        first, last = map(_day, days.groups())
        if not timedelta() <= last - first < timedelta(days=MAX_DAYS):
            raise ValueError(
                f"the first day is not after the last one, and there are at most {MAX_DAYS} days"
            )
        return cls(first, last)

    @property
    def begin(self) -> datetime:
        """The instant at which it begins."""
        return datetime.combine(self.first, time(), JAPAN)

    @property
    def end(self) -> datetime:
        """The instant before which it ends."""
        return datetime.combine(self.last + timedelta(days=1), time(), JAPAN)

    @property
    def ids(self) -> tuple[UUID, UUID]:
        """Ids before those of its records, and after them (UUID version 7, RFC 9562: milliseconds come first)."""
        return _id_at(self.begin - _ID_TOLERANCE), _id_at(self.end + _ID_TOLERANCE)

    @property
    def days(self) -> list[date]:
        """Its days, in their order."""
        return [self.first + timedelta(days=n) for n in range((self.last - self.first).days + 1)]

    def __str__(self) -> str:
        """As `parse` reads it."""
        return f"{self.first}..{self.last}"


def _day(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise ValueError("a day that exists") from None
    if not date(2020, 1, 1) <= day <= date(2999, 12, 31):
        raise ValueError("a day from 2020 to 2999")
    return day


def _id_at(instant: datetime) -> UUID:
    return UUID(int=int(instant.timestamp() * 1000) << 80)
