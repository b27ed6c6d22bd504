"""A phone's certificate ends with its card's: by expiry, suspension and revocation (rule Q7)."""

from datetime import UTC, date, datetime, timedelta

import pytest

from jpki_mock.authority.values import Carrier, CertificateId, Kind, Reason, State
from jpki_mock.errors import NotAllowed
from jpki_mock.jlis import Jlis
from tests.unit.jpki_mock.builders import ADULT, NOW, an_application, issued

LATER = NOW + timedelta(days=1)


def phone_of(jlis: Jlis, **changes: object) -> CertificateId:
    """Issue a phone's certificate to the adult, who has a card already."""
    application = an_application(jlis, carrier=Carrier.ANDROID, **changes)
    serial = jlis.certificates.issue(application, NOW).serial_number
    return jlis.authorities.newest(application.kind).certificate_id(serial)


def state(jlis: Jlis, name: CertificateId, now: datetime = LATER) -> State:
    return jlis.certificates.records.find(name).state(now)


def test_it_expires_with_the_cards(jlis: Jlis) -> None:
    """E14: a card's last day, 2026-12-20, is the phone's too, whatever its own five birthdays."""
    card = issued(jlis, card_expires_on=date(2026, 12, 20))
    phone = phone_of(jlis)
    ends = [jlis.certificates.records.find(name).period.end for name in (card, phone)]
    assert ends == [datetime(2026, 12, 20, 14, 59, 59, tzinfo=UTC)] * 2


@pytest.mark.parametrize("reason", [reason for reason in Reason if reason is not Reason.CHANGE])
def test_it_is_revoked_or_suspended_with_the_cards(jlis: Jlis, reason: Reason) -> None:
    card, phone = issued(jlis), phone_of(jlis)
    jlis.certificates.revoke(card, reason, LATER)
    expected = State.HELD if reason is Reason.LOSS else State.REVOKED
    assert [state(jlis, card), state(jlis, phone)] == [expected, expected]
    assert jlis.certificates.records.find(phone).revocation == jlis.certificates.records.find(card).revocation


def test_a_lost_phone_leaves_the_card_as_it_is(jlis: Jlis) -> None:
    card, phone = issued(jlis), phone_of(jlis)
    jlis.certificates.suspend(phone, LATER)
    assert [state(jlis, card), state(jlis, phone)] == [State.GOOD, State.HELD]
    jlis.certificates.resume(phone)
    assert state(jlis, phone) is State.GOOD


def test_a_suspended_phone_is_not_resumed_while_the_card_is_suspended(jlis: Jlis) -> None:
    card, phone = issued(jlis), phone_of(jlis)
    jlis.certificates.suspend(card, LATER)
    with pytest.raises(NotAllowed):
        jlis.certificates.resume(phone)
    assert state(jlis, phone) is State.HELD


def test_a_suspended_phone_is_revoked_with_the_card_from_the_beginning_of_its_suspension(jlis: Jlis) -> None:
    card, phone = issued(jlis), phone_of(jlis)
    jlis.certificates.suspend(phone, NOW)
    jlis.certificates.suspend(card, LATER)
    assert state(jlis, phone) is State.HELD
    jlis.certificates.revoke(card, Reason.REQUEST, LATER)
    revocation = jlis.certificates.records.find(phone).revocation
    assert revocation is not None
    assert (revocation.reason, revocation.at) == (Reason.REQUEST, NOW)


def test_a_revoked_phone_stays_as_it_was_revoked(jlis: Jlis) -> None:
    card, phone = issued(jlis), phone_of(jlis)
    jlis.certificates.revoke(phone, Reason.KEY_COMPROMISE, NOW)
    jlis.certificates.revoke(card, Reason.REQUEST, LATER)
    revocation = jlis.certificates.records.find(phone).revocation
    assert revocation is not None
    assert revocation.reason is Reason.KEY_COMPROMISE


def test_the_renewal_of_the_card_ends_the_phone(jlis: Jlis) -> None:
    card, phone = issued(jlis), phone_of(jlis)
    issued(jlis, LATER, renews=card)
    assert state(jlis, phone) is State.REVOKED


def test_a_death_revokes_both_once(jlis: Jlis) -> None:
    card, phone = issued(jlis), phone_of(jlis)
    revoked = jlis.record_death(ADULT, date(2026, 11, 20), LATER)
    assert {record.id for record in revoked} == {card, phone}
    assert {record.state(LATER) for record in revoked} == {State.REVOKED}


def test_a_signature_certificate_depends_on_the_cards_own(jlis: Jlis) -> None:
    issued(jlis)
    signature = issued(jlis, kind=Kind.SIGNATURE)
    authentication, signing = phone_of(jlis), phone_of(jlis, kind=Kind.SIGNATURE)
    jlis.certificates.revoke(signature, Reason.CHANGE, LATER)
    assert [state(jlis, authentication), state(jlis, signing)] == [State.GOOD, State.REVOKED]


@pytest.mark.parametrize("reason", [Reason.LOSS, Reason.REQUEST])
def test_none_is_issued_without_a_valid_card(jlis: Jlis, reason: Reason) -> None:
    card = issued(jlis)
    jlis.certificates.revoke(card, reason, NOW)
    with pytest.raises(NotAllowed):
        phone_of(jlis)


def test_none_is_issued_for_an_expired_card(jlis: Jlis) -> None:
    issued(jlis, NOW - timedelta(days=400), card_expires_on=date(2026, 11, 22))
    with pytest.raises(NotAllowed):
        phone_of(jlis)


def test_the_newest_valid_card_counts(jlis: Jlis) -> None:
    issued(jlis)
    new = issued(jlis, NOW + timedelta(seconds=1), card_expires_on=date(2027, 1, 31))
    application = an_application(jlis, carrier=Carrier.ANDROID)
    certificate = jlis.certificates.issue(application, NOW + timedelta(seconds=2))
    assert certificate.not_valid_after_utc == jlis.certificates.records.find(new).period.end


@pytest.mark.parametrize(
    ("days_after_expiry", "revoked"),
    [(1, True), (103, True), (104, False)],
    ids=["at once", "last day", "too late"],
)
def test_a_death_after_expiry_revokes_a_card_of_which_revocations_are_published(
    jlis: Jlis, days_after_expiry: int, revoked: bool
) -> None:
    """Rule Q6: the certificate expires on 2031-02-17, its grace period ends on 2031-05-31, 103 days later."""
    card = issued(jlis)
    now = jlis.certificates.records.find(card).period.end + timedelta(days=days_after_expiry)
    changed = jlis.record_death(ADULT, date(2031, 2, 18), now)
    assert [record.id for record in changed] == ([card] if revoked else [])
    assert state(jlis, card, now) is (State.REVOKED if revoked else State.EXPIRED)
