"""Synthetic authorities of TLS certificates, and files of the certificates that they issue."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class IssuedFiles:
    """A certificate and its key, PEM."""

    certificate: Path
    key: Path


class TlsAuthority:
    """A certificate authority whose certificate is `file` (PEM)."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _name(f"SYNTHETIC {name}")
        now = datetime.now(UTC)
        certificate = (
            x509.CertificateBuilder(
                self._name,
                self._name,
                self._key.public_key(),
                x509.random_serial_number(),
                now - DAY,
                now + DAY,
            )
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(self._key.public_key()), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        self.file = folder / f"{name}.pem"
        self.file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))

    def server(self) -> IssuedFiles:
        """A certificate of 127.0.0.1."""
        return self._issue("server", ExtendedKeyUsageOID.SERVER_AUTH, ends_in=DAY)

    def client(self, name: str = "client", ends_in: timedelta = DAY) -> IssuedFiles:
        """A client's certificate; `ends_in` may be negative."""
        return self._issue(name, ExtendedKeyUsageOID.CLIENT_AUTH, ends_in)

    def _issue(self, name: str, usage: x509.ObjectIdentifier, ends_in: timedelta) -> IssuedFiles:
        key = ec.generate_private_key(ec.SECP256R1())
        end = datetime.now(UTC) + ends_in
        address = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
        certificate = (
            x509.CertificateBuilder(
                self._name, _name(name), key.public_key(), x509.random_serial_number(), end - 30 * DAY, end
            )
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
            .add_extension(address, critical=False)
            .sign(self._key, hashes.SHA256())
        )
        files = IssuedFiles(self._folder / f"{name}.crt.pem", self._folder / f"{name}.key.pem")
        files.certificate.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        files.key.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        return files


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])
