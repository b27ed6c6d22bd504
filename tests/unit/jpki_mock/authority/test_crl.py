"""Certificate revocation lists."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from jpki_mock.authority.crl import EXPIRED_CERTS_ON_CRL
from jpki_mock.authority.values import CaId, Carrier, Kind, Reason
from jpki_mock.errors import NotFound
from jpki_mock.jlis import Jlis
from jpki_mock.settings import Settings
from tests.unit.jpki_mock.builders import NOW, issued, key_maker

CA = CaId(Kind.AUTHENTICATION, 1)
REFRESH = timedelta(seconds=900)
LIFETIME = timedelta(hours=24)


def current(jlis: Jlis, now: datetime = NOW, ca: CaId = CA) -> x509.CertificateRevocationList:
    return x509.load_der_x509_crl(jlis.revocation_lists.current(ca, now))


def number(crl: x509.CertificateRevocationList) -> int:
    return crl.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number


def reason(crl: x509.CertificateRevocationList, serial: int) -> x509.ReasonFlags | None:
    entry = crl.get_revoked_certificate_by_serial_number(serial)
    assert entry is not None
    try:
        return entry.extensions.get_extension_for_class(x509.CRLReason).value.reason
    except x509.ExtensionNotFound:
        return None


def test_a_list_is_signed_by_its_authority_and_has_its_lifetime(jlis: Jlis) -> None:
    crl = current(jlis)
    root = jlis.authorities.get(CA).certificate
    public_key = root.public_key()
    assert crl.is_signature_valid(public_key)  # type: ignore[arg-type]
    assert crl.issuer == root.subject
    assert (crl.last_update_utc, crl.next_update_utc) == (NOW, NOW + LIFETIME)


def test_every_change_is_in_the_next_list_with_a_higher_number(jlis: Jlis) -> None:
    phone = issued(jlis, carrier=Carrier.ANDROID)
    numbers = [number(current(jlis))]
    jlis.certificates.suspend(phone, NOW)
    on_hold = current(jlis)
    numbers.append(number(on_hold))
    jlis.certificates.resume(phone)
    resumed = current(jlis)
    numbers.append(number(resumed))
    assert reason(on_hold, phone.serial) is x509.ReasonFlags.certificate_hold
    assert resumed.get_revoked_certificate_by_serial_number(phone.serial) is None
    assert numbers == sorted(set(numbers))


@pytest.mark.parametrize(
    ("why", "published"),
    [
        (Reason.UNDELIVERED, None),
        (Reason.KEY_COMPROMISE, x509.ReasonFlags.key_compromise),
        (Reason.RENEWAL, x509.ReasonFlags.superseded),
        (Reason.DEATH, x509.ReasonFlags.cessation_of_operation),
        (Reason.REQUEST, x509.ReasonFlags.cessation_of_operation),
        (Reason.LOSS, x509.ReasonFlags.certificate_hold),
    ],
)
def test_a_list_has_reason_and_instant_of_revocations(
    jlis: Jlis, why: Reason, published: x509.ReasonFlags | None
) -> None:
    name = issued(jlis)
    revoked_at = NOW + timedelta(seconds=7)
    jlis.certificates.revoke(name, why, revoked_at)
    crl = current(jlis, NOW + timedelta(seconds=8))
    entry = crl.get_revoked_certificate_by_serial_number(name.serial)
    assert entry is not None
    assert entry.revocation_date_utc == revoked_at
    assert reason(crl, name.serial) is published


def test_the_same_list_is_returned_until_it_is_outdated(jlis: Jlis) -> None:
    first = jlis.revocation_lists.current(CA, NOW)
    assert jlis.revocation_lists.current(CA, NOW + REFRESH - timedelta(seconds=1)) == first
    renewed = current(jlis, NOW + REFRESH)
    assert number(renewed) == 2
    assert renewed.last_update_utc == NOW + REFRESH


def test_each_authority_lists_its_own_certificates_only(jlis: Jlis) -> None:
    jlis.authorities.add_generation(Kind.AUTHENTICATION, NOW)
    old = issued(jlis, ca=CA, serial=5)
    issued(jlis, serial=5)
    jlis.certificates.revoke(old, Reason.REQUEST, NOW)
    assert len(current(jlis)) == 1
    assert len(current(jlis, ca=CaId(Kind.AUTHENTICATION, 2))) == 0


def revoked_certificate(jlis: Jlis, at: datetime | None = None) -> tuple[int, datetime]:
    """The serial number and the end of a certificate that was revoked at an instant, by default before its end."""
    name = issued(jlis)
    end = jlis.certificates.records.find(name).period.end
    jlis.certificates.revoke(name, Reason.REQUEST, at or NOW)
    return name.serial, end


GRACE_ENDS = datetime(2031, 5, 31, 15, tzinfo=UTC)
"""The end of the grace period (Q6): the adult's certificate expires on 17 February 2031 in Japan."""


@pytest.mark.parametrize(
    ("asked_at", "listed"),
    [
        (datetime(2031, 2, 17, 15, tzinfo=UTC), True),
        (datetime(2031, 5, 31, 14, 59, 59, tzinfo=UTC), True),
        # One list more, as RFC 5280 section 3.3 requires after an expiry.
        (GRACE_ENDS + LIFETIME - timedelta(seconds=1), True),
        (GRACE_ENDS + LIFETIME, False),
    ],
)
@pytest.mark.parametrize(
    "revoked_at", [NOW, datetime(2031, 3, 1, tzinfo=UTC)], ids=["before expiry", "after it"]
)
def test_a_revoked_certificate_stays_on_the_list_until_its_grace_period_ends(
    jlis: Jlis, revoked_at: datetime, asked_at: datetime, listed: bool
) -> None:
    """Rule Q6."""
    serial, end = revoked_certificate(jlis, revoked_at)
    assert end == datetime(2031, 2, 17, 14, 59, 59, tzinfo=UTC)
    found = current(jlis, asked_at).get_revoked_certificate_by_serial_number(serial)
    assert (found is not None) is listed


@pytest.mark.parametrize(
    ("asked_at", "since"),
    [
        (NOW, b"20260731150000Z"),
        # The day of the list before: a certificate leaves after one list more.
        (datetime(2026, 12, 1, 14, 59, 59, tzinfo=UTC), b"20260731150000Z"),
        (datetime(2026, 12, 1, 15, tzinfo=UTC), b"20260831150000Z"),
        (datetime(2027, 1, 15, tzinfo=UTC), b"20260930150000Z"),
    ],
)
def test_a_list_states_since_when_it_has_expired_certificates(
    jlis: Jlis, asked_at: datetime, since: bytes
) -> None:
    """Rule Q6: ExpiredCertsOnCRL (X.509), not critical, GeneralizedTime."""
    extension = current(jlis, asked_at).extensions.get_extension_for_oid(EXPIRED_CERTS_ON_CRL)
    assert isinstance(extension.value, x509.UnrecognizedExtension)
    assert (extension.critical, extension.value.value) == (False, bytes([0x18, 15]) + since)


def test_numbers_continue_after_a_restart(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    with Jlis(settings, NOW, key_maker()) as jlis:
        first = number(current(jlis))
    with Jlis(settings, NOW) as jlis:
        assert number(current(jlis)) == first
        assert number(current(jlis, NOW + REFRESH)) == first + 1


def test_an_unknown_authority_has_no_list(jlis: Jlis) -> None:
    with pytest.raises(NotFound):
        current(jlis, ca=CaId(Kind.AUTHENTICATION, 9))
