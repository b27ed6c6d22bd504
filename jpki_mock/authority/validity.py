"""Validity of cards and certificates: pure rules on days in Japan.

Sources: Act on electronic signatures certification by J-LIS (公的個人認証法) and its ordinance as municipalities
publish them. Choices where the published wording is ambiguous:

- A birthday "after" the day of issue is strictly later: issued on a birthday, the first one counted is next
  year's.
- Someone born on 29 February has the birthday 28 February in common years.
- An age is reached on the birthday itself.
- An expired certificate is kept in lists and responses until the last day of the third month after the month of
  its expiry: as long as cards with it still answer eligibility.
- Renewal is early from the day after the one three months before the end (the end itself included), so that
  less than three months remain; when that month lacks the day, from the first of the next month.
"""

import calendar
from datetime import date, timedelta

SIGNATURE_AGE = 15
"""Minimum age for a signature certificate."""

PHOTO_AGE = 1
"""Minimum age at issue for a card with a photo."""

_ADULT_AGE = 18
_RENEWAL_MONTHS = 3
_GRACE_MONTHS = 3


def birthday_in(birth_date: date, year: int) -> date:
    """Return the birthday in a year."""
    if (birth_date.month, birth_date.day) == (2, 29) and not calendar.isleap(year):
        return date(year, 2, 28)
    return birth_date.replace(year=year)


def nth_birthday_after(birth_date: date, day: date, count: int) -> date:
    """Return the count-th birthday (1, 2, …) strictly after a day."""
    first_year = day.year if birthday_in(birth_date, day.year) > day else day.year + 1
    return birthday_in(birth_date, first_year + count - 1)


def age_on(birth_date: date, day: date) -> int:
    """Return the age in whole years on a day."""
    return day.year - birth_date.year - (day < birthday_in(birth_date, day.year))


def card_expiry(birth_date: date, issued_on: date) -> date:
    """Return a card's last day: the 10th birthday after issue, the 5th for someone under 18 at issue."""
    return nth_birthday_after(birth_date, issued_on, 5 if age_on(birth_date, issued_on) < _ADULT_AGE else 10)


def certificate_expiry(
    birth_date: date, issued_on: date, card_expires_on: date, renews_expiry_of: date | None = None
) -> date:
    """Return a certificate's last day: the 5th birthday after issue, but not after the card's last day.

    It is the 6th birthday when a certificate with the last day `renews_expiry_of` is renewed during its last
    three months.
    """
    early = renews_expiry_of is not None and in_renewal_window(issued_on, renews_expiry_of)
    return min(nth_birthday_after(birth_date, issued_on, 6 if early else 5), card_expires_on)


def in_renewal_window(day: date, expires_on: date) -> bool:
    """Return whether a day is in the last three months before an expiry, the last day included."""
    return renewable_from(expires_on) <= day <= expires_on


def renewable_from(expires_on: date) -> date:
    """Return the first day on which less than three months remain."""
    year, month = divmod(expires_on.year * 12 + expires_on.month - 1 - _RENEWAL_MONTHS, 12)
    last_day = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(expires_on.day, last_day)) + timedelta(days=1)


def retained_since(day: date) -> date:
    """Return the first day of expiry of which revocations are still published on a day.

    Certificates that expired in one of the three months before, or expire later, may still be relied upon.
    """
    year, month = divmod(day.year * 12 + day.month - 1 - _GRACE_MONTHS, 12)
    return date(year, month + 1, 1)


def has_photo(birth_date: date, issued_on: date) -> bool:
    """Return whether a card has a photo: not if it is issued before the first birthday."""
    return age_on(birth_date, issued_on) >= PHOTO_AGE


def may_have_signature(birth_date: date, day: date) -> bool:
    """Return whether a person is old enough for a signature certificate."""
    return age_on(birth_date, day) >= SIGNATURE_AGE
