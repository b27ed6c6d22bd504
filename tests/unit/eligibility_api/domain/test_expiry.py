"""How long a certificate counts by its carrier, and when its renewal is due (rules A4, A6, A7)."""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, date, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from eligibility_api.contract.codes import Purpose
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.domain.certificate import CertificateId, UserCertificate
from eligibility_api.domain.dates import JAPAN, day_in_japan
from eligibility_api.domain.expiry import (
    Carrier,
    CertificateEnd,
    alert_from,
    alerted_end,
    check_purpose,
    renewal,
    usable_until,
)

KEY = ec.generate_private_key(ec.SECP384R1()).public_key()
START = datetime(2021, 8, 20, 3, tzinfo=UTC)
EXPIRES_ON = date(2026, 8, 20)
DAYS = st.dates(date(2020, 1, 1), date(2060, 12, 31))


def at(day: date, hour: int = 12, minute: int = 0, second: int = 0) -> datetime:
    """An instant of a day in Japan."""
    return datetime(day.year, day.month, day.day, hour, minute, second, tzinfo=JAPAN).astimezone(UTC)


def certificate(expires_on: date = EXPIRES_ON) -> UserCertificate:
    """A certificate that ends with the last second of a day in Japan."""
    return UserCertificate(CertificateId(bytes(32), 1), KEY, START, at(expires_on, 23, 59, 59))


def refusal(purpose: Purpose, now: datetime, expires_on: date = EXPIRES_ON) -> str | None:
    try:
        check_purpose(certificate(expires_on), purpose, now)
    except ShikakuError as refused:
        return refused.code
    return None


@pytest.mark.parametrize(
    ("expires_on", "until"),
    [
        (date(2026, 8, 20), date(2026, 11, 30)),
        (date(2026, 8, 1), date(2026, 11, 30)),
        (date(2026, 8, 31), date(2026, 11, 30)),
        (date(2026, 9, 10), date(2026, 12, 31)),
        (date(2026, 10, 1), date(2027, 1, 31)),
        (date(2026, 11, 30), date(2027, 2, 28)),
        (date(2027, 11, 5), date(2028, 2, 29)),
        (date(2026, 12, 31), date(2027, 3, 31)),
        (date(2028, 2, 29), date(2028, 5, 31)),
    ],
)
def test_a_card_counts_until_the_last_day_of_the_third_month_after_the_month_of_expiry(
    expires_on: date, until: date
) -> None:
    """Rule A6 (E1)."""
    assert usable_until(CertificateEnd(expires_on, Carrier.CARD)) == until


@pytest.mark.parametrize("carrier", [Carrier.PHONE, None])
def test_a_phone_and_an_unknown_carrier_count_until_the_last_day_itself(carrier: Carrier | None) -> None:
    """Rule A6 (E14)."""
    assert usable_until(CertificateEnd(EXPIRES_ON, carrier)) == EXPIRES_ON


@pytest.mark.parametrize(
    ("expires_on", "begins"),
    [
        (date(2026, 8, 20), date(2026, 5, 20)),
        (date(2026, 5, 31), date(2026, 2, 28)),
        (date(2028, 5, 31), date(2028, 2, 29)),
        (date(2026, 5, 30), date(2026, 2, 28)),
        (date(2026, 7, 31), date(2026, 4, 30)),
        (date(2027, 1, 15), date(2026, 10, 15)),
        (date(2026, 3, 1), date(2025, 12, 1)),
    ],
)
def test_the_alert_begins_three_months_before_the_last_day(expires_on: date, begins: date) -> None:
    """Rule A7 (E1)."""
    assert alert_from(expires_on) == begins


@pytest.mark.parametrize(
    ("carrier", "day", "expected"),
    [
        (Carrier.CARD, date(2026, 5, 19), None),
        (Carrier.CARD, date(2026, 5, 20), ("expiring", date(2026, 11, 30))),
        (Carrier.CARD, date(2026, 8, 20), ("expiring", date(2026, 11, 30))),
        (Carrier.CARD, date(2026, 8, 21), ("grace", date(2026, 11, 30))),
        (Carrier.CARD, date(2026, 11, 30), ("grace", date(2026, 11, 30))),
        (Carrier.CARD, date(2026, 12, 1), None),
        (Carrier.PHONE, date(2026, 5, 19), None),
        (Carrier.PHONE, date(2026, 5, 20), ("expiring", date(2026, 8, 20))),
        (Carrier.PHONE, date(2026, 8, 20), ("expiring", date(2026, 8, 20))),
        (Carrier.PHONE, date(2026, 8, 21), None),
        (None, date(2026, 8, 20), ("expiring", date(2026, 8, 20))),
        (None, date(2026, 8, 21), None),
    ],
)
def test_the_remark_names_the_last_day_and_until_when_to_renew(
    carrier: Carrier | None, day: date, expected: tuple[str, date] | None
) -> None:
    """Rule A7: from three months before the last day until the eligibility is no longer answered."""
    remark = renewal(CertificateEnd(EXPIRES_ON, carrier), day)
    assert (remark and (remark.status, remark.renew_by)) == expected
    assert remark is None or remark.expires_on == EXPIRES_ON


IN_GRACE = [at(date(2026, 8, 21), 0), at(date(2026, 10, 5)), at(date(2026, 11, 30), 23, 59, 59)]
AFTER = [at(date(2026, 12, 1), 0), at(date(2027, 8, 20))]


@pytest.mark.parametrize("purpose", Purpose)
@pytest.mark.parametrize("now", [START, at(date(2026, 1, 1)), at(EXPIRES_ON, 23, 59, 59)])
def test_within_its_period_a_certificate_serves_every_purpose(purpose: Purpose, now: datetime) -> None:
    """Rule A4."""
    assert refusal(purpose, now) is None


@pytest.mark.parametrize("purpose", Purpose)
def test_before_its_period_it_serves_none(purpose: Purpose) -> None:
    assert refusal(purpose, START - timedelta(microseconds=1)) == "certificate-not-yet-valid"


@pytest.mark.parametrize(
    ("purpose", "code"),
    [
        (Purpose.ELIGIBILITY, None),
        (Purpose.VISUAL_CHECK, None),
        (Purpose.FIRST_REGISTRATION, "certificate-expired"),
        (Purpose.VISUAL_REGISTRATION, "certificate-expired"),
        (Purpose.CONSENT, "consent-certificate-expired"),
        (Purpose.VISUAL_CONSENT, "consent-certificate-expired"),
    ],
)
@pytest.mark.parametrize("now", IN_GRACE)
def test_in_the_grace_period_it_serves_the_eligibility_alone(
    purpose: Purpose, code: str | None, now: datetime
) -> None:
    """Rule A6: no medical information, no consent to it, no registration."""
    assert refusal(purpose, now) == code


@pytest.mark.parametrize("purpose", Purpose)
@pytest.mark.parametrize("now", AFTER)
def test_after_the_grace_period_it_serves_none(purpose: Purpose, now: datetime) -> None:
    assert refusal(purpose, now) == "certificate-expired"


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (at(date(2026, 1, 1)), None),
        (at(date(2026, 5, 19), 23, 59, 59), None),
        (at(date(2026, 5, 20), 0), EXPIRES_ON),
        (at(date(2026, 8, 20)), EXPIRES_ON),
        (at(date(2026, 11, 30)), EXPIRES_ON),
    ],
)
def test_the_end_of_a_certificate_is_recorded_from_the_alert_on(now: datetime, expected: date | None) -> None:
    assert alerted_end(certificate().not_after, now) == expected


def naive_until(expires_on: date) -> date:
    """The rule counted day by day: three month ends after the one of the expiry."""
    day, ends = expires_on, 0
    while True:
        if day.day == monthrange(day.year, day.month)[1]:
            ends += 1
            if ends == 4:
                return day
        day += timedelta(days=1)


@given(DAYS)
def test_the_grace_period_has_three_whole_months_after_the_month_of_expiry(expires_on: date) -> None:
    assert usable_until(CertificateEnd(expires_on, Carrier.CARD)) == naive_until(expires_on)


@given(DAYS, st.integers(-200, 200), st.sampled_from([*Carrier, None]))
def test_a_remark_is_made_exactly_in_the_alert(expires_on: date, days: int, carrier: Carrier | None) -> None:
    day = expires_on + timedelta(days=days)
    end = CertificateEnd(expires_on, carrier)
    remark = renewal(end, day)
    assert (remark is not None) == (alert_from(expires_on) <= day <= usable_until(end))
    if remark is not None:
        assert (remark.status == "grace") == (day > expires_on)
        # What a record keeps suffices for the same remark.
        assert alerted_end(at(expires_on, 23, 59, 59), at(day)) == expires_on


@given(DAYS, st.integers(-130, 130), st.sampled_from(Purpose))
def test_a_purpose_is_served_up_to_its_day(expires_on: date, days: int, purpose: Purpose) -> None:
    now = at(expires_on + timedelta(days=days))
    if now < START:
        return
    served = refusal(purpose, now, expires_on) is None
    lenient = purpose in (Purpose.ELIGIBILITY, Purpose.VISUAL_CHECK)
    assert served == (day_in_japan(now) <= (naive_until(expires_on) if lenient else expires_on))


def test_a_carriers_name_in_stored_bindings_never_changes() -> None:
    """Rules A6, Q7."""
    assert {carrier.name: carrier.value for carrier in Carrier} == {"CARD": "card", "PHONE": "phone"}
