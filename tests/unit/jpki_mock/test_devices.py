"""The devices' authority: its certificates, its revocation list, and what it refuses."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from jpki_mock.authority.keys import key_sha256
from jpki_mock.devices import MAX_CRL_DAYS, MAX_DAYS
from jpki_mock.errors import InvalidInput, NotAllowed, NotFound
from jpki_mock.jlis import Jlis
from jpki_mock.settings import Settings
from tests.unit.jpki_mock.builders import NOW, key_maker

YEAR = timedelta(days=365)
WEEK = timedelta(days=7)


def issued(jlis: Jlis, name: str = "clinic-1") -> x509.Certificate:
    return x509.load_pem_x509_certificate(jlis.devices.issue(name, NOW, YEAR, NOW))


def crl(jlis: Jlis, now: object = NOW) -> x509.CertificateRevocationList:
    return x509.load_pem_x509_crl(jlis.devices.revocation_list(now, WEEK))  # type: ignore[arg-type]


def test_a_certificate_is_the_authoritys_for_clients_alone(jlis: Jlis) -> None:
    pem = jlis.devices.issue("clinic-1", NOW, YEAR, NOW)
    certificate = x509.load_pem_x509_certificate(pem)
    certificate.verify_directly_issued_by(jlis.devices.authority(NOW))
    assert load_pem_private_key(pem, None).public_key() == certificate.public_key()
    usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usage) == [ExtendedKeyUsageOID.CLIENT_AUTH]
    assert not certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    [name] = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    assert name.value == "clinic-1"
    assert (certificate.not_valid_before_utc, certificate.not_valid_after_utc) == (NOW, NOW + YEAR)


def test_the_authority_is_created_once_with_a_private_key(jlis: Jlis, tmp_path: Path) -> None:
    home = tmp_path / "home"
    assert not (home / "trust" / "devices.pem").exists(), "created at its first use"
    first = jlis.devices.authority(NOW)
    assert (home / "keys" / "devices.pem").stat().st_mode & 0o777 == 0o600
    assert jlis.devices.authority(NOW + YEAR) == first
    with Jlis(Settings(home=home), NOW, key_maker()) as again:
        assert again.devices.authority(NOW) == first
    constraints = first.extensions.get_extension_for_class(x509.BasicConstraints)
    assert (constraints.critical, constraints.value.ca, constraints.value.path_length) == (True, True, 0)


def test_each_certificate_has_a_key_of_its_own(tmp_path: Path) -> None:
    with Jlis(Settings(home=tmp_path / "home"), NOW, key_maker()) as jlis:
        keys = {
            key_sha256(issued(jlis, name).public_key())  # type: ignore[arg-type]
            for name in ("clinic-1", "clinic-1", "clinic-2")
        }
    assert len(keys) == 3


def test_the_list_has_the_revoked_ones_alone(jlis: Jlis) -> None:
    kept, revoked = issued(jlis), issued(jlis, "clinic-2")
    assert len(crl(jlis)) == 0
    jlis.devices.revoke(revoked.serial_number, NOW + WEEK)
    later = crl(jlis, NOW + WEEK)
    entry = later.get_revoked_certificate_by_serial_number(revoked.serial_number)
    assert entry is not None
    assert entry.revocation_date_utc == NOW + WEEK
    assert later.get_revoked_certificate_by_serial_number(kept.serial_number) is None
    assert later.is_signature_valid(jlis.devices.authority(NOW).public_key())  # type: ignore[arg-type]
    assert (later.last_update_utc, later.next_update_utc) == (NOW + WEEK, NOW + 2 * WEEK)


def test_a_later_list_has_a_higher_number(jlis: Jlis) -> None:
    instants = [NOW, NOW + timedelta(microseconds=1), NOW + timedelta(seconds=1)]
    numbers = [
        crl(jlis, instant).extensions.get_extension_for_class(x509.CRLNumber).value.crl_number
        for instant in instants
    ]
    assert numbers == sorted(set(numbers))


def test_a_revocation_is_for_good(jlis: Jlis) -> None:
    serial = issued(jlis).serial_number
    jlis.devices.revoke(serial, NOW)
    with pytest.raises(NotAllowed):
        jlis.devices.revoke(serial, NOW + WEEK)
    [record] = jlis.devices.all()
    assert record.revoked_at == NOW


def test_an_unknown_certificate_is_not_revoked(jlis: Jlis) -> None:
    serial = issued(jlis).serial_number
    with pytest.raises(NotFound):
        jlis.devices.revoke(serial + 1, NOW)
    assert len(crl(jlis)) == 0


@pytest.mark.parametrize(
    ("after", "state"),
    [
        (-timedelta(seconds=1), "pending"),
        (timedelta(0), "good"),
        (YEAR, "good"),
        (YEAR + timedelta(seconds=1), "expired"),
    ],
    ids=["before", "start", "end", "after"],
)
def test_the_state_follows_the_period(jlis: Jlis, after: timedelta, state: str) -> None:
    serial = issued(jlis).serial_number
    assert [record.state(NOW + after) for record in jlis.devices.all()] == [state]
    jlis.devices.revoke(serial, NOW)
    assert [record.state(NOW + after) for record in jlis.devices.all()] == ["revoked"]


@pytest.mark.parametrize(
    "name", ["", "a" * 65, "-clinic", "clinic-", "a/b", "a\n", "a,CN=b", "診療所", "a b"]
)
def test_another_name_is_refused_and_nothing_recorded(jlis: Jlis, name: str) -> None:
    with pytest.raises(InvalidInput):
        jlis.devices.issue(name, NOW, YEAR, NOW)
    assert jlis.devices.all() == []


@pytest.mark.parametrize("days", [-1, 0, MAX_DAYS + 1])
def test_another_life_of_a_certificate_is_refused(jlis: Jlis, days: int) -> None:
    with pytest.raises(InvalidInput):
        jlis.devices.issue("clinic-1", NOW, timedelta(days=days), NOW)
    assert jlis.devices.all() == []


@pytest.mark.parametrize("days", [-1, 0, MAX_CRL_DAYS + 1])
def test_another_life_of_a_list_is_refused(jlis: Jlis, days: int) -> None:
    with pytest.raises(InvalidInput):
        jlis.devices.revocation_list(NOW, timedelta(days=days))
