"""Validity of cards and certificates."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jpki_mock.authority.validity import (
    age_on,
    birthday_in,
    card_expiry,
    certificate_expiry,
    has_photo,
    in_renewal_window,
    may_have_signature,
    nth_birthday_after,
    renewable_from,
    retained_since,
)

FAR = date(2100, 1, 1)
births = st.dates(date(1920, 1, 1), date(2026, 1, 1))
days = st.dates(date(2026, 1, 2), date(2060, 1, 1))


@pytest.mark.parametrize(
    ("birth", "issued_on", "card", "expires_on"),
    [
        # The published sample: issued 2025-10-27 to someone born on 17 February.
        (date(1980, 2, 17), date(2025, 10, 27), FAR, date(2030, 2, 17)),
        (date(1980, 2, 17), date(2026, 2, 16), FAR, date(2030, 2, 17)),
        # Issued on the birthday: the first birthday after it is next year's.
        (date(1980, 2, 17), date(2026, 2, 17), FAR, date(2031, 2, 17)),
        (date(1980, 2, 17), date(2025, 10, 27), date(2028, 2, 17), date(2028, 2, 17)),
        # Born on 29 February: 28 February in a common year.
        (date(2000, 2, 29), date(2025, 10, 27), FAR, date(2030, 2, 28)),
        (date(2000, 2, 29), date(2023, 10, 27), FAR, date(2028, 2, 29)),
    ],
)
def test_a_certificate_expires_on_the_5th_birthday_and_not_after_the_card(
    birth: date, issued_on: date, card: date, expires_on: date
) -> None:
    assert certificate_expiry(birth, issued_on, card) == expires_on


@pytest.mark.parametrize(
    ("renewed_on", "expires_on"),
    [
        (date(2029, 11, 17), date(2034, 2, 17)),  # exactly three months before: too early for the 6th
        (date(2029, 11, 18), date(2035, 2, 17)),
        (date(2030, 2, 16), date(2035, 2, 17)),
        (date(2030, 2, 18), date(2035, 2, 17)),  # expired: the 5th again
    ],
)
def test_renewal_in_the_last_three_months_counts_to_the_6th_birthday(
    renewed_on: date, expires_on: date
) -> None:
    former = date(2030, 2, 17)
    assert certificate_expiry(date(1980, 2, 17), renewed_on, FAR, former) == expires_on


@pytest.mark.parametrize(
    ("expires_on", "first_day"),
    [
        (date(2023, 7, 7), date(2023, 4, 8)),
        (date(2023, 5, 28), date(2023, 3, 1)),
        (date(2023, 5, 31), date(2023, 3, 1)),
        (date(2024, 5, 29), date(2024, 3, 1)),
        (date(2030, 2, 17), date(2029, 11, 18)),
    ],
)
def test_renewal_is_possible_when_less_than_three_months_remain(expires_on: date, first_day: date) -> None:
    assert renewable_from(expires_on) == first_day
    assert in_renewal_window(first_day, expires_on)
    assert not in_renewal_window(first_day - timedelta(days=1), expires_on)
    assert in_renewal_window(expires_on, expires_on)
    assert not in_renewal_window(expires_on + timedelta(days=1), expires_on)


@pytest.mark.parametrize(
    ("birth", "issued_on", "expires_on"),
    [
        (date(1980, 2, 17), date(2026, 11, 23), date(2036, 2, 17)),
        (date(2008, 11, 23), date(2026, 11, 23), date(2036, 11, 23)),  # 18 on that day
        (date(2008, 11, 24), date(2026, 11, 23), date(2030, 11, 24)),  # still 17
        (date(2020, 2, 29), date(2026, 11, 23), date(2031, 2, 28)),
    ],
)
def test_a_card_expires_on_the_10th_birthday_or_the_5th_of_a_minor(
    birth: date, issued_on: date, expires_on: date
) -> None:
    assert card_expiry(birth, issued_on) == expires_on


@pytest.mark.parametrize(
    ("birth", "day", "allowed"),
    [
        (date(2011, 11, 23), date(2026, 11, 22), False),
        (date(2011, 11, 23), date(2026, 11, 23), True),
        (date(2012, 2, 29), date(2027, 2, 27), False),
        (date(2012, 2, 29), date(2027, 2, 28), True),
    ],
)
def test_a_signature_certificate_requires_the_age_of_15(birth: date, day: date, allowed: bool) -> None:
    assert may_have_signature(birth, day) is allowed


@given(births, days, st.integers(1, 12))
def test_counted_birthdays_are_birthdays_one_a_year_and_strictly_later(
    birth: date, day: date, count: int
) -> None:
    found = nth_birthday_after(birth, day, count)
    assert found > day
    assert found == birthday_in(birth, found.year)
    assert age_on(birth, found) - age_on(birth, day) == count


@given(births, days, days, st.none() | days)
def test_no_certificate_outlives_its_card_or_seven_years(
    birth: date, issued_on: date, card: date, renews: date | None
) -> None:
    expires_on = certificate_expiry(birth, issued_on, card, renews)
    assert expires_on <= card
    assert expires_on <= nth_birthday_after(birth, issued_on, 6)


@given(births, days)
def test_issued_for_a_fresh_card_a_certificate_lasts_from_four_to_five_years(
    birth: date, issued_on: date
) -> None:
    expires_on = certificate_expiry(birth, issued_on, card_expiry(birth, issued_on))
    assert 4 * 365 <= (expires_on - issued_on).days <= 5 * 366


@given(births, days, st.integers(0, 88))
def test_early_renewal_never_costs_a_year(birth: date, issued_on: date, days_before: int) -> None:
    former = certificate_expiry(birth, issued_on, FAR)
    renewed_on = former - timedelta(days=days_before)
    assert certificate_expiry(birth, renewed_on, FAR, former).year >= former.year + 5


@pytest.mark.parametrize(
    ("day", "since"),
    [
        (date(2026, 11, 30), date(2026, 8, 1)),
        (date(2026, 12, 1), date(2026, 9, 1)),
        (date(2027, 1, 31), date(2026, 10, 1)),
        (date(2027, 3, 1), date(2026, 12, 1)),
        (date(2027, 4, 1), date(2027, 1, 1)),
    ],
)
def test_revocations_are_published_of_the_expiries_of_three_months_before(day: date, since: date) -> None:
    """Rule Q6: an expiry on 2026-08-20 counts until 2026-11-30."""
    assert retained_since(day) == since


@pytest.mark.parametrize(
    ("birth", "day", "pictured"),
    [
        (date(2025, 6, 1), date(2026, 5, 31), False),
        (date(2025, 6, 1), date(2026, 6, 1), True),
        (date(2024, 2, 29), date(2025, 2, 27), False),
        (date(2024, 2, 29), date(2025, 2, 28), True),
    ],
)
def test_a_card_has_a_photo_from_the_first_birthday(birth: date, day: date, pictured: bool) -> None:
    assert has_photo(birth, day) is pictured
