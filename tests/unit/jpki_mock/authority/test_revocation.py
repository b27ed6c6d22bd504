"""Rules of revocation."""

from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography.x509 import ReasonFlags

from jpki_mock.authority import revocation
from jpki_mock.authority.values import (
    CaId,
    Carrier,
    CertificateId,
    Kind,
    Period,
    Reason,
    Record,
    Revocation,
    State,
)
from jpki_mock.errors import NotAllowed
from tests.unit.jpki_mock.builders import NOW

LATER = NOW + timedelta(days=3)
FINAL_REASONS = [reason for reason in Reason if reason is not Reason.LOSS]


def a_record(
    kind: Kind = Kind.AUTHENTICATION, carrier: Carrier = Carrier.CARD, reason: Reason | None = None
) -> Record:
    return Record(
        ca=CaId(kind, 1),
        id=CertificateId("00" * 32, 1),
        resident_id="R0-1",
        carrier=carrier,
        period=Period(NOW - timedelta(days=1), NOW + timedelta(days=100)),
        revocation=None if reason is None else Revocation(reason, NOW),
    )


@pytest.mark.parametrize("reason", FINAL_REASONS)
def test_a_revocation_is_permanent(reason: Reason) -> None:
    record = a_record(kind=Kind.SIGNATURE, reason=reason)
    for again in Reason:
        with pytest.raises(NotAllowed):
            revocation.revoke(record, again, LATER)


def test_a_suspension_can_become_permanent_from_its_beginning() -> None:
    on_hold = a_record(reason=Reason.LOSS)
    assert revocation.revoke(on_hold, Reason.REQUEST, LATER) == Revocation(Reason.REQUEST, NOW)


def test_a_suspended_certificate_is_not_suspended_again() -> None:
    with pytest.raises(NotAllowed):
        revocation.revoke(a_record(reason=Reason.LOSS), Reason.LOSS, LATER)


def test_a_change_of_the_four_items_revokes_signature_certificates_only() -> None:
    with pytest.raises(NotAllowed):
        revocation.revoke(a_record(kind=Kind.AUTHENTICATION), Reason.CHANGE, LATER)
    revoked = revocation.revoke(a_record(kind=Kind.SIGNATURE), Reason.CHANGE, LATER)
    assert revoked == Revocation(Reason.CHANGE, LATER)


@pytest.mark.parametrize(
    ("kind", "carrier", "reason", "resumable"),
    [
        (Kind.AUTHENTICATION, Carrier.ANDROID, Reason.LOSS, True),
        (Kind.SIGNATURE, Carrier.ANDROID, Reason.LOSS, False),
        (Kind.AUTHENTICATION, Carrier.CARD, Reason.LOSS, False),
        (Kind.AUTHENTICATION, Carrier.ANDROID, Reason.REQUEST, False),
        (Kind.AUTHENTICATION, Carrier.ANDROID, None, False),
    ],
)
def test_only_a_phones_suspended_authentication_certificate_is_resumed(
    kind: Kind, carrier: Carrier, reason: Reason | None, resumable: bool
) -> None:
    record = a_record(kind, carrier, reason)
    if resumable:
        revocation.check_resumable(record)
    else:
        with pytest.raises(NotAllowed):
            revocation.check_resumable(record)


@pytest.mark.parametrize("reason", [None, Reason.LOSS, Reason.EXPIRY])
def test_valid_suspended_and_expired_certificates_can_be_renewed(reason: Reason | None) -> None:
    assert revocation.is_renewable(a_record(reason=reason))


def test_every_reason_has_a_crl_reason() -> None:
    assert set(revocation.CRL_REASONS) == set(Reason)


@pytest.mark.parametrize("reason", Reason)
def test_what_is_published_as_on_hold_is_what_is_suspended(reason: Reason) -> None:
    on_hold = revocation.CRL_REASONS[reason] is ReasonFlags.certificate_hold
    assert (a_record(reason=reason).state(LATER) is State.HELD) is on_hold


@pytest.mark.parametrize(
    ("days", "reason", "state"),
    [
        (-2, None, State.PENDING),
        (0, None, State.GOOD),
        (100, None, State.GOOD),
        (101, None, State.EXPIRED),
        (0, Reason.LOSS, State.HELD),
        (0, Reason.DEATH, State.REVOKED),
        (101, Reason.DEATH, State.REVOKED),
    ],
)
def test_the_state_follows_from_period_and_revocation(days: int, reason: Reason | None, state: State) -> None:
    record = replace(a_record(), revocation=None if reason is None else Revocation(reason, NOW))
    assert record.state(NOW + timedelta(days=days)) is state
