"""The certificate authorities: generations, keys on disk, and the trust files for relying parties.

`certificates.py` issues certificates, `profiles.py` defines their contents.
"""

import secrets
import sqlite3
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from jpki_mock.authority.keys import KeyMaker, KeyProfile, PrivateKey, key_sha256, load_key, save_key
from jpki_mock.authority.profiles import build_root
from jpki_mock.authority.values import CaId, CertificateId, Kind
from jpki_mock.errors import NotFound
from jpki_mock.files import write_if_changed
from jpki_mock.store import Store

_KEY_PROFILES = {
    Kind.AUTHENTICATION: KeyProfile.RSA,
    Kind.SIGNATURE: KeyProfile.RSA,
    Kind.TERMINAL: KeyProfile.P256,
}
_TRUST_FILES = {Kind.AUTHENTICATION: "authentication.pem", Kind.SIGNATURE: "signature.pem"}


def random_serial() -> int:
    """Return a random positive serial number of at most four bytes, as the real authorities use."""
    return secrets.randbelow(2**31 - 1) + 1


@dataclass(frozen=True, slots=True)
class Authority:
    """One generation of an authority, with its private key."""

    id: CaId
    certificate: x509.Certificate
    key: PrivateKey
    key_sha256: str

    def certificate_id(self, serial: int) -> CertificateId:
        """Return the id of a certificate of this authority."""
        return CertificateId(self.key_sha256, serial)


class Authorities:
    """All generations of all authorities of one home folder."""

    def __init__(self, store: Store, home: Path, make_key: KeyMaker) -> None:
        self._store = store
        self._home = home
        self._make_key = make_key
        self._opened: dict[CaId, Authority] = {}

    def create_missing(self, now: datetime) -> None:
        """Create the first generation of every authority, and the trust files, unless they exist."""
        with self._store.unit():
            for kind in Kind:
                if not self.generations(kind):
                    self.add_generation(kind, now)
        self._write_trust()

    def add_generation(self, kind: Kind, now: datetime) -> Authority:
        """Create the next generation of an authority, which issues from now on.

        It has the same name and a new key.
        """
        with self._store.unit() as connection:
            ca = CaId(kind, len(self.generations(kind)) + 1)
            key = self._make_key(_KEY_PROFILES[kind])
            certificate = build_root(ca, key, random_serial(), now)
            save_key(self.key_path(ca), key)
            connection.execute(
                "INSERT INTO authorities (ca_id, kind, generation, ca_key_sha256, certificate)"
                " VALUES (?, ?, ?, ?, ?)",
                (
                    str(ca),
                    kind,
                    ca.generation,
                    key_sha256(key.public_key()),
                    certificate.public_bytes(Encoding.DER),
                ),
            )
        self._write_trust()
        return self.get(ca)

    def generations(self, kind: Kind) -> list[CaId]:
        """Return the generations of an authority, oldest first."""
        rows = self._store.rows("SELECT generation FROM authorities WHERE kind = ? ORDER BY generation", kind)
        return [CaId(kind, row["generation"]) for row in rows]

    def newest(self, kind: Kind) -> Authority:
        """Return the generation that issues."""
        return self.get(self.generations(kind)[-1])

    def get(self, ca: CaId) -> Authority:
        """Return one authority. Raises NotFound."""
        if ca not in self._opened:
            row = self._store.row(
                "SELECT certificate, ca_key_sha256 FROM authorities WHERE ca_id = ?", str(ca)
            )
            if row is None:
                raise NotFound("There is no such certificate authority.")
            self._opened[ca] = self._open(ca, row)
        return self._opened[ca]

    def by_key(self, ca_key_sha256: str) -> Authority:
        """Return the authority whose key has this fingerprint. Raises NotFound."""
        row = self._store.row("SELECT ca_id FROM authorities WHERE ca_key_sha256 = ?", ca_key_sha256)
        if row is None:
            raise NotFound("There is no such certificate authority.")
        return self.get(CaId.parse(row["ca_id"]))

    def key_path(self, ca: CaId) -> Path:
        """Return the path of an authority's private key."""
        return self._home / "keys" / f"{ca}.pem"

    def _open(self, ca: CaId, row: sqlite3.Row) -> Authority:
        certificate = x509.load_der_x509_certificate(row["certificate"])
        return Authority(ca, certificate, load_key(self.key_path(ca)), row["ca_key_sha256"])

    def _write_trust(self) -> None:
        for kind, name in _TRUST_FILES.items():
            roots = [self.get(ca).certificate.public_bytes(Encoding.PEM) for ca in self.generations(kind)]
            write_if_changed(self._home / "trust" / name, b"".join(roots))
