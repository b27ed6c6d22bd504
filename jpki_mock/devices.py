"""The certificate authority of devices: client certificates of 資格確認端末, with which they open TLS connections.

The real one belongs to the online claims network (オンライン請求ネットワーク), not to J-LIS; it is here because this
package has all synthetic certificate authorities. It is created at its first use and has one generation.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from jpki_mock.authority.keys import (
    KeyMaker,
    KeyProfile,
    PrivateKey,
    load_key,
    private_key_pem,
    save_key,
    signature_hash,
)
from jpki_mock.authority.names import ORGANISATION
from jpki_mock.authority.profiles import AUTHENTICATION_USAGE, AUTHORITY_USAGE, Leaf, build_leaf
from jpki_mock.authority.values import Period
from jpki_mock.errors import InvalidInput, NotAllowed, NotFound
from jpki_mock.files import write_if_changed
from jpki_mock.store import Store, from_seconds, to_seconds

MAX_DAYS = 3 * 366
"""Longest life of a device's certificate."""

MAX_CRL_DAYS = 366

_AUTHORITY_LIFETIME = timedelta(days=12 * 365)
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,62}[A-Za-z0-9])?")


@dataclass(frozen=True, slots=True)
class DeviceRecord:
    """An issued certificate of a device."""

    serial: int
    name: str
    period: Period
    revoked_at: datetime | None

    def state(self, now: datetime) -> str:
        """The state at an instant: `revoked`, `expired`, `pending` or `good`."""
        if self.revoked_at is not None:
            return "revoked"
        if now < self.period.start:
            return "pending"
        return "good" if now <= self.period.end else "expired"


class Devices:
    """The devices' authority of one home folder: issues, revokes, publishes the revocation list."""

    def __init__(self, store: Store, home: Path, make_key: KeyMaker) -> None:
        self._store = store
        self._key_path = home / "keys" / "devices.pem"
        self.trust_path = home / "trust" / "devices.pem"
        """The authority's certificate (PEM), for the proxy that ends TLS."""
        self._make_key = make_key

    def authority(self, now: datetime) -> x509.Certificate:
        """Return the authority's certificate; creates the authority if there is none."""
        with self._store.unit():  # other processes wait for its end
            if not self.trust_path.exists():
                key = self._make_key(KeyProfile.P256)
                save_key(self._key_path, key)
                write_if_changed(self.trust_path, _root(key, now).public_bytes(Encoding.PEM))
        return x509.load_pem_x509_certificate(self.trust_path.read_bytes())

    def issue(self, name: str, start: datetime, life: timedelta, now: datetime) -> bytes:
        """Issue a certificate with a new key; returns both, and nothing keeps the key: PEM, the key first.

        Raises InvalidInput for a name that is no host name's label sequence of at most 64 characters, or for a life
        outside one second to `MAX_DAYS`.
        """
        if not _NAME.fullmatch(name):
            raise InvalidInput(
                "A device's name has up to 64 letters, digits, dots and hyphens, such as clinic-1."
            )
        if not timedelta(seconds=1) <= life <= timedelta(days=MAX_DAYS):
            raise InvalidInput(f"A device's certificate is valid for {MAX_DAYS} days at most.")
        issuer = self.authority(now)
        key = self._make_key(KeyProfile.P256)
        start = start.astimezone(UTC).replace(microsecond=0)
        leaf = Leaf(
            subject=_subject(name),
            public_key=key.public_key(),
            serial=x509.random_serial_number(),
            period=Period(start, start + life),
            key_usage=AUTHENTICATION_USAGE,
            extra=(
                (x509.BasicConstraints(ca=False, path_length=None), True),
                (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), False),
            ),
        )
        certificate = build_leaf(leaf, issuer, load_key(self._key_path))
        with self._store.unit() as connection:
            connection.execute(
                "INSERT INTO devices (serial, name, not_before, not_after) VALUES (?, ?, ?, ?)",
                (str(leaf.serial), name, to_seconds(start), to_seconds(start + life)),
            )
        return private_key_pem(key) + certificate.public_bytes(Encoding.PEM)

    def revoke(self, serial: int, now: datetime) -> None:
        """Revoke a certificate, for good. Raises NotFound, and NotAllowed if it is revoked already."""
        with self._store.unit() as connection:
            row = self._store.row("SELECT revoked_at FROM devices WHERE serial = ?", str(serial))
            if row is None:
                raise NotFound("The devices' authority issued no such certificate.")
            if row["revoked_at"] is not None:
                raise NotAllowed("The certificate is already revoked.")
            connection.execute(
                "UPDATE devices SET revoked_at = ? WHERE serial = ?", (to_seconds(now), str(serial))
            )

    def all(self) -> list[DeviceRecord]:
        """Return every issued certificate, oldest first."""
        rows = self._store.rows("SELECT * FROM devices ORDER BY not_before, serial")
        return [
            DeviceRecord(
                int(row["serial"]),
                row["name"],
                Period(from_seconds(row["not_before"]), from_seconds(row["not_after"])),
                None if row["revoked_at"] is None else from_seconds(row["revoked_at"]),
            )
            for row in rows
        ]

    def revocation_list(self, now: datetime, life: timedelta) -> bytes:
        """Return a new revocation list (RFC 5280 section 5, PEM), complete and valid for `life`.

        Its number is the instant in microseconds, so that a later list has a higher one. Expired certificates stay on
        it. Raises InvalidInput for a life outside one second to `MAX_CRL_DAYS`.
        """
        if not timedelta(seconds=1) <= life <= timedelta(days=MAX_CRL_DAYS):
            raise InvalidInput(f"A revocation list is valid for {MAX_CRL_DAYS} days at most.")
        issuer, key = self.authority(now), load_key(self._key_path)
        issuer_id = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
        start = now.astimezone(UTC).replace(microsecond=0)
        entries = [
            x509.RevokedCertificateBuilder(record.serial, record.revoked_at).build()
            for record in self.all()
            if record.revoked_at is not None
        ]
        builder = x509.CertificateRevocationListBuilder(
            issuer_name=issuer.subject,
            last_update=start,
            next_update=start + life,
            revoked_certificates=entries,
        )
        return (
            builder.add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(issuer_id), critical=False
            )
            .add_extension(x509.CRLNumber(int(now.timestamp() * 1_000_000)), critical=False)
            .sign(key, signature_hash(key))
            .public_bytes(Encoding.PEM)
        )


def _root(key: PrivateKey, now: datetime) -> x509.Certificate:
    name = _subject("Synthetic devices")
    start = now.astimezone(UTC).replace(microsecond=0)
    return (
        x509.CertificateBuilder(
            subject_name=name,
            issuer_name=name,
            public_key=key.public_key(),
            serial_number=x509.random_serial_number(),
        )
        .not_valid_before(start - timedelta(days=MAX_DAYS))
        .not_valid_after(start + _AUTHORITY_LIFETIME)
        .add_extension(AUTHORITY_USAGE, critical=True)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, signature_hash(key))
    )


def _subject(common_name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "JP"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, ORGANISATION),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )
